package document

import (
	"hash/maphash"
	"math/bits"
)

// Verdict says what Seen knows of a row.
type Verdict int

// The verdicts on a row.
const (
	First    Verdict = iota // not seen before
	Repeated                // seen with the same content
	Conflict                // seen with other content
	Full                    // there are more rows than a document can have
)

// Seen finds rows that come twice in one document, in 12 bytes a row and a
// bounded number of rows: it keeps hashes under a random seed, never the rows.
type Seen struct {
	most     int
	seed     maphash.Seed
	keys     []uint64 // open addressing; 0 is free
	contents []uint32
	n        int
}

// NewSeen returns a Seen for at most so many rows.
func NewSeen(most int) *Seen {
	const start = 1 << 10
	return &Seen{most: most, seed: maphash.MakeSeed(), keys: make([]uint64, start), contents: make([]uint32, start)}
}

// Add notes the row with a key of a number and a text, and with raw content.
func (s *Seen) Add(group int, text, raw []byte) Verdict {
	high, low := bits.Mul64(maphash.Bytes(s.seed, text)^uint64(group)*0x9e3779b97f4a7c15, 0xd6e8feb86659fd93)
	key := high ^ low
	if key == 0 {
		key = 1
	}
	content := uint32(maphash.Bytes(s.seed, raw))
	mask := uint64(len(s.keys) - 1)
	i := key & mask
	for ; s.keys[i] != 0; i = (i + 1) & mask {
		if s.keys[i] == key {
			if s.contents[i] == content {
				return Repeated
			}
			return Conflict
		}
	}
	if s.n == s.most {
		return Full
	}
	s.keys[i], s.contents[i] = key, content
	s.n++
	if s.n > len(s.keys)/4*3 {
		s.grow()
	}
	return First
}

func (s *Seen) grow() {
	keys, contents := s.keys, s.contents
	s.keys, s.contents = make([]uint64, 2*len(keys)), make([]uint32, 2*len(keys))
	mask := uint64(len(s.keys) - 1)
	for j, key := range keys {
		if key == 0 {
			continue
		}
		i := key & mask
		for s.keys[i] != 0 {
			i = (i + 1) & mask
		}
		s.keys[i], s.contents[i] = key, contents[j]
	}
}

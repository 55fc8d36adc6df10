package history

import "math/bits"

// fingerprint identifies a set of rows whatever their order: two sums of two
// independent hashes of each row. It tells an identical answer of Amazon's
// from a restated one without reading the stored rows.
type fingerprint struct{ a, b uint64 }

func (f *fingerprint) add(r rowHash)    { f.a += r.a; f.b += r.b }
func (f *fingerprint) remove(r rowHash) { f.a -= r.a; f.b -= r.b }

// rowHash is the hash of one row in the making; start from newRowHash.
type rowHash struct{ a, b uint64 }

func newRowHash(id int64) rowHash {
	r := rowHash{0x9e3779b97f4a7c15, 0xc2b2ae3d27d4eb4f}
	r.mix(uint64(id))
	return r
}

func (r *rowHash) mix(v uint64) {
	hi, lo := bits.Mul64(r.a^v, 0xa0761d6478bd642f)
	r.a = hi ^ lo ^ 0xe7037ed1a0b428db
	hi, lo = bits.Mul64(r.b+v, 0x8ebc6af09c88c6e3)
	r.b = hi ^ bits.RotateLeft64(lo, 23) ^ v
}

const hashOfNull = 0x589965cc75374cc3

func (r *rowHash) count(c Count) {
	if c.Valid {
		r.mix(uint64(c.V))
	} else {
		r.mix(hashOfNull)
	}
}

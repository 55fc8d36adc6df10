package vault

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"regexp"
	"strconv"
	"strings"
)

const (
	sheetBegin = "----- BEGIN HALOTRACK KEY -----"
	sheetEnd   = "----- END HALOTRACK KEY -----"
	lineBytes  = 20 // of the key on a line: 32 letters
	sumBytes   = 8  // of the checksum over the whole key
	maxLine    = 200
)

// RecoverySheet returns a page of text from which the key can be typed in
// again. It holds the whole key: print it, lock it away, delete the file.
//
// Each line carries its number and a CRC-32, which catches every wrong letter
// and every swap of neighbours; the last line, 00, is a hash over all of it,
// which catches missing lines.
func (k *Key) RecoverySheet() string {
	var b strings.Builder
	b.WriteString(`HALOTRACK RECOVERY SHEET

Fingerprint: ` + k.Fingerprint() + `

This page is the key to all data of this HaloTrack: whoever has it and a copy
of the data can read everything; without it and without the key file nobody
can, not even the makers. Print it, keep it where you keep contracts, and
delete this file.

To make the key file again, type the lines between the two marks into a file,
and restore from it. There is no letter I, L, O or U: what looks like one is a
digit (1, 1, 0) or a V. Capital or small letters, spaces and dashes between
the groups do not matter. The last group of a line, after the =, is a check:
a mistyped line is named.

`)
	b.WriteString(sheetBegin + "\n")
	data := k.compact()
	sum := sheetSum(data)
	for n := 1; len(data) > 0; n++ {
		part := data[:min(lineBytes, len(data))]
		data = data[len(part):]
		b.WriteString(sheetLine(n, part))
	}
	b.WriteString(sheetLine(0, sum))
	b.WriteString(sheetEnd + "\n")
	return b.String()
}

func sheetSum(data []byte) []byte {
	h := sha256.New()
	h.Write([]byte("halotrack recovery sheet v1\x00"))
	h.Write(data)
	return h.Sum(nil)[:sumBytes]
}

func lineSum(n int, part []byte) []byte {
	return binary.BigEndian.AppendUint32(nil, crc32.ChecksumIEEE(append([]byte{byte(n)}, part...)))
}

func sheetLine(n int, part []byte) string {
	return fmt.Sprintf("%02d  %s = %s\n", n, groups(crockford.EncodeToString(part)), crockford.EncodeToString(lineSum(n, part)))
}

func groups(s string) string {
	var all []string
	for len(s) > 4 {
		all, s = append(all, s[:4]), s[4:]
	}
	return strings.Join(append(all, s), " ")
}

// SheetError is one thing wrong with a typed recovery sheet.
type SheetError struct {
	Line   string // the line's own number, such as "03", or where it stands
	Reason string
}

// Error implements error.
func (e *SheetError) Error() string { return "line " + e.Line + ": " + e.Reason }

var sheetForm = regexp.MustCompile(`^\s*([0-9]{1,2})[ \t.:)]+([0-9A-Za-z \t-]+)=([0-9A-Za-z \t-]+)$`)

// ParseRecoverySheet reads the key from a sheet, or from its lines typed again.
// The error joins one *SheetError for everything wrong.
func ParseRecoverySheet(text string) (*Key, error) {
	if _, rest, ok := strings.Cut(text, sheetBegin); ok {
		text, _, _ = strings.Cut(rest, sheetEnd)
	}
	lines := map[int][]byte{}
	var errs []error
	wrong := func(line, reason string, args ...any) {
		errs = append(errs, &SheetError{line, fmt.Sprintf(reason, args...)})
	}
	at, last := 0, 0
	for raw := range strings.Lines(text) {
		raw = strings.TrimSpace(raw)
		if raw == "" || raw == sheetBegin || raw == sheetEnd {
			continue
		}
		at++
		if at > 2*maxKEKs*KeySize/lineBytes+10 {
			wrong(strconv.Itoa(at), "there are more lines than any key has")
			break
		}
		n, part, err := parseLine(raw)
		if err != nil {
			if n < 0 {
				err.Line = strconv.Itoa(at) + " of what was typed"
			}
			errs = append(errs, err)
			lines[n] = nil
			last = max(last, n)
			continue
		}
		if _, ok := lines[n]; ok {
			wrong(fmt.Sprintf("%02d", n), "it is there twice")
			continue
		}
		lines[n] = part
		last = max(last, n)
	}
	var data []byte
	for n := 1; n <= last; n++ {
		part, ok := lines[n]
		if !ok {
			wrong(fmt.Sprintf("%02d", n), "it is missing")
		} else if part != nil && n < last && len(part) != lineBytes {
			wrong(fmt.Sprintf("%02d", n), "letters are missing or too many")
		}
		data = append(data, part...)
	}
	sum, ok := lines[0]
	if !ok {
		wrong("00", "it is missing")
	}
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	if string(sum) != string(sheetSum(data)) {
		return nil, &SheetError{"00", "the lines do not belong together, or the last ones are missing"}
	}
	k, err := fromCompact(data)
	if err != nil {
		return nil, fmt.Errorf("read the recovery sheet: %w", err)
	}
	return k, nil
}

// parseLine reads one line. On an error the number is the line's, or -1 if it
// cannot be read.
func parseLine(raw string) (int, []byte, *SheetError) {
	m := sheetForm.FindStringSubmatch(raw)
	if m == nil || len(raw) > maxLine {
		if num, _, _ := strings.Cut(raw, " "); len(num) == 2 {
			if n, err := strconv.Atoi(num); err == nil && n >= 0 {
				return n, nil, &SheetError{num, "it holds a sign that no line has, or its = is missing"}
			}
		}
		return -1, nil, &SheetError{"", "it is not a line of a key: number, groups of letters, =, check"}
	}
	n, err := strconv.Atoi(m[1])
	if err != nil {
		return -1, nil, &SheetError{"", "its number cannot be read"}
	}
	number := fmt.Sprintf("%02d", n)
	part, err1 := letters(m[2])
	sum, err2 := letters(m[3])
	if err1 != nil || err2 != nil {
		return n, nil, &SheetError{number, "a letter is wrong, missing or too many"}
	}
	if string(sum) != string(lineSum(n, part)) {
		return n, nil, &SheetError{number, "a letter is wrong: compare it with the sheet"}
	}
	return n, part, nil
}

var lookalikes = strings.NewReplacer("O", "0", "I", "1", "L", "1", "U", "V", " ", "", "\t", "", "-", "")

// letters decodes groups of base32, and refuses letters whose unused bits are
// set, so that no two texts mean the same.
func letters(s string) ([]byte, error) {
	s = lookalikes.Replace(strings.ToUpper(s))
	b, err := crockford.DecodeString(s)
	if err == nil && crockford.EncodeToString(b) != s {
		err = errors.New("stray bits")
	}
	return b, err
}

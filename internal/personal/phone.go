package personal

import "strings"

// fewestPhoneDigits is what the shortest number that is held back has.
const fewestPhoneDigits = 8

// maxGroups is how many groups of digits a run may have; longer ones are lists
// of figures.
const maxGroups = 10

// digitRun is groups of digits with nothing but separators between them.
type digitRun struct {
	plus, paren bool // +49…, (030) …
	slash       bool // a date may look like it
	groups      [maxGroups]string
	n           int
	all         string // the digits
}

// hasPhone looks for a phone number in any run of digits.
func hasPhone(text string) bool {
	for i := 0; i < len(text); {
		if !isDigit(text[i]) {
			i++
			continue
		}
		run, end := readRun(text, i)
		if run.n > 0 && len(run.all) >= fewestPhoneDigits && (run.isPhone() || len(run.all) <= 15 && !isBarcode(run.all) && hasCue(text)) {
			return true
		}
		i = end
	}
	return false
}

// readRun reads the run that starts at i. A group that touches a letter
// (256gb, m8) is not part of it.
func readRun(text string, i int) (r digitRun, end int) {
	if i > 0 {
		switch text[i-1] {
		case '+':
			r.plus = i == 1 || text[i-2] == ' ' || text[i-2] == ':' || text[i-2] == '('
		case '(':
			r.paren = true
			r.plus = i > 1 && text[i-2] == '+'
		}
	}
	touches := i > 0 && isLetter(text[i-1])
	var all [2 * fewestPhoneDigits]byte
	size := 0
	for {
		start := i
		for i < len(text) && isDigit(text[i]) {
			i++
		}
		if touches || i < len(text) && isLetter(text[i]) || r.n == maxGroups || size+i-start > len(all) {
			if r.n == maxGroups || size+i-start > len(all) {
				r.n = 0
			}
			break
		}
		r.groups[r.n] = text[start:i]
		r.n++
		size += copy(all[size:], text[start:i])
		next := i
		for next < len(text) && next-i < 3 && strings.IndexByte(" -./()", text[next]) >= 0 {
			next++
		}
		if next == i || next == len(text) || !isDigit(text[next]) {
			break
		}
		for _, b := range []byte(text[i:next]) {
			switch b {
			case '/', '.':
				r.slash = true
			case ')', '(':
				r.paren = true
			}
		}
		i = next
	}
	r.all = string(all[:size])
	return r, i
}

func (r *digitRun) isPhone() bool {
	s := r.all
	switch {
	case r.plus:
		return s[0] != '0' && len(s) <= 15
	case isBarcode(s):
		return false
	case strings.HasPrefix(s, "00"):
		if r.n == 1 {
			return s[2] != '0' && len(s) >= 12
		}
		return s[2] != '0' && len(s) >= 11 && r.groups[0] != "0"
	case s[0] == '0':
		return r.national()
	case r.n < 2 || r.round():
		return false
	case r.paren:
		return len(s) >= 9 && len(s) <= 12 && len(r.groups[0]) >= 2
	}
	return r.shaped(3, 3, 4) && s[0] >= '2' || r.shaped(1, 3, 3, 4) && s[0] == '1' ||
		r.shaped(3, 3, 3) && s[0] >= '4' || r.shaped(3, 2, 2, 2) && s[0] >= '6' ||
		r.shaped(2, 3, 2, 2) || r.shaped(5, 5) && s[0] >= '6'
}

// national tells numbers with a leading zero. Written without a gap only those
// of mobiles are told from part numbers.
func (r *digitRun) national() bool {
	s := r.all
	if r.n == 1 {
		switch len(s) {
		case 10: // France
			return (s[1] == '6' || s[1] == '7') && s[2] != '0' && s[2:4] != "11"
		case 11: // United Kingdom, Germany, Japan
			return s[1] == '7' && strings.IndexByte("345789", s[2]) >= 0 || s[1] == '1' && s[2] >= '5' && s[2] <= '7' || s[1] >= '7' && s[2] == '0'
		case 12:
			return s[1] == '1' && s[2] >= '5' && s[2] <= '7'
		}
		return false
	}
	if len(s) < 9 || len(s) > 12 || len(r.groups[0]) > 5 || r.round() || r.ascending() {
		return false
	}
	for _, g := range r.groups[:r.n] {
		year := len(g) == 4 && (g[:2] == "19" || g[:2] == "20")
		if len(g) < 2 || r.slash && year {
			return false
		}
	}
	return true
}

func (r *digitRun) shaped(sizes ...int) bool {
	if r.n != len(sizes) {
		return false
	}
	for i, size := range sizes {
		if len(r.groups[i]) != size {
			return false
		}
	}
	return true
}

// round tells lists of sizes: two groups or more end in 00.
func (r *digitRun) round() bool {
	n := 0
	for _, g := range r.groups[:r.n] {
		if strings.HasSuffix(g, "00") {
			n++
		}
	}
	return n >= 2
}

// ascending tells lists of years or sizes: 05 06 07 09 11.
func (r *digitRun) ascending() bool {
	before := -1
	for _, g := range r.groups[:r.n] {
		if len(g) != 2 {
			return false
		}
		v := int(g[0]-'0')*10 + int(g[1]-'0')
		if before >= 0 && (v <= before || v > before+3) {
			return false
		}
		before = v
	}
	return true
}

// isBarcode reports whether the digits are a GTIN (EAN, UPC) by their check
// digit.
func isBarcode(s string) bool {
	if n := len(s); n != 8 && (n < 12 || n > 14) {
		return false
	}
	total := 0
	for i := range len(s) {
		weight := 1
		if (len(s)-i)%2 == 0 {
			weight = 3
		}
		total += weight * int(s[i]-'0')
	}
	return total%10 == 0
}

// cues are words beside which any long number is somebody's.
var cues = []string{"whatsapp", "phone number", "call me", "my number", "tel:", "tel.", "telefonnummer", "handynummer", "mobilnummer", "rufnummer", "numéro de tél", "numero di tel", "número de tel", "numer tel", "電話"}

func hasCue(text string) bool {
	for _, c := range cues {
		if strings.Contains(text, c) {
			return true
		}
	}
	return false
}

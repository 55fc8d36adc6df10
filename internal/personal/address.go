package personal

import (
	"slices"
	"strings"
)

// maxTokens is how many words of a text are looked at.
const maxTokens = 24

// words are the words of a text, and what each may be in an address.
type words struct {
	tokens [maxTokens]string
	street [maxTokens]street
	n      int
}

// street is how a word names a street, and whether it does so without a
// postcode beside it.
type street uint8

const (
	noStreet street = iota
	after           // 12 maple street
	afterStrong
	before // 12 rue …, via … 12
	beforeStrong
	compound // lindenstraße 12
	compoundStrong
	turkish
)

// hasAddress looks for a street with a house number, in the orders of the
// marketplaces' languages. Unless the two stand alone, a postcode must be
// there too: streets are in the names of films, toys and tyres.
func hasAddress(text string, foreign bool) bool {
	return hasStreetWord(text) && streetAddress(text) || foreign && eastern(text)
}

// hasStreetWord tells quickly the texts that cannot hold an address.
func hasStreetWord(text string) bool {
	start := 0
	for i := 0; i <= len(text); i++ {
		if i < len(text) && text[i] != ' ' && text[i] != ',' && text[i] != ';' {
			continue
		}
		if token := text[start:i]; token != "" && !isDigit(token[0]) && (isBox(token) || streetWord(token) != noStreet) {
			return true
		}
		start = i + 1
	}
	return false
}

func isBox(token string) bool {
	return token == "box" || token == "postfach" || token == "postbus"
}

func streetAddress(text string) bool {
	var w words
	streets, houses, boxes := 0, 0, false
	for rest := text; w.n < maxTokens; {
		rest = strings.TrimLeft(rest, " ,;")
		if rest == "" {
			break
		}
		end := strings.IndexAny(rest, " ,;")
		if end < 0 {
			end = len(rest)
		}
		token := rest[:end]
		rest = rest[end:]
		w.tokens[w.n] = token
		if isDigit(token[0]) {
			if isHouse(token) {
				houses++
			}
		} else {
			s := streetWord(token)
			if w.street[w.n] = s; s != noStreet {
				streets++
			}
			boxes = boxes || isBox(token)
		}
		w.n++
	}
	if boxes && w.postBox() {
		return true
	}
	if streets == 0 || houses == 0 && !w.turkishNumber() {
		return false
	}
	for i := range w.n {
		if w.isAddress(i) {
			return true
		}
	}
	return false
}

func (w *words) isAddress(s int) bool {
	switch kind := w.street[s]; kind {
	case after, afterStrong:
		return w.english(s, kind == afterStrong)
	case before, beforeStrong:
		return w.romance(s, kind == beforeStrong) || kind == before && w.english(s, w.tokens[s] == "avenue" || w.tokens[s] == "boulevard")
	case compound, compoundStrong:
		return w.germanic(s, kind == compoundStrong)
	case turkish:
		return w.turkishNumber()
	}
	return false
}

// english is 105 maple street, with what follows.
func (w *words) english(s int, strong bool) bool {
	for h := max(0, s-5); h < s-1; h++ {
		if !isHouse(w.tokens[h]) || slices.Contains(measures, w.tokens[h+1]) {
			continue
		}
		if w.postcode(s + 1) {
			return true
		}
		if strong && h == 0 && s == w.n-1 && s-h <= 3 && !isYear(w.tokens[h]) && !slices.Contains(titles, strings.Join(w.tokens[:w.n], " ")) && w.names(h+1, s) {
			return true
		}
	}
	return false
}

// names reports whether the words can be the name of a street.
func (w *words) names(from, to int) bool {
	for _, token := range w.tokens[from:to] {
		if len(token) < 3 {
			return false
		}
		for i := range len(token) {
			if !isLetter(token[i]) && token[i] != '\'' && token[i] != '-' {
				return false
			}
		}
	}
	return true
}

// romance is 12 rue de la paix, via roma 12 and calle mayor 12.
func (w *words) romance(s int, strong bool) bool {
	if s > 0 && s+1 < w.n {
		h := s - 1
		if h > 0 && (w.tokens[h] == "bis" || w.tokens[h] == "ter") {
			h--
		}
		if isHouse(w.tokens[h]) && (strong && h == 0 && w.tokens[s] == "rue" && !isDigit(w.tokens[s+1][0]) || w.postcode(s+2)) {
			return true
		}
	}
	for h := s + 2; h < min(w.n, s+7); h++ {
		if isHouse(w.tokens[h]) && !isYear(w.tokens[h]) && (strong && s == 0 && h == w.n-1 || w.postcode(h+1)) {
			return true
		}
	}
	return false
}

// germanic is lindenstraße 12 and berliner straße 12.
func (w *words) germanic(s int, strong bool) bool {
	h := s + 1
	if h >= w.n || !isHouse(w.tokens[h]) {
		return false
	}
	if w.postcode(h+1) || w.postcode(0) || h+2 < w.n && len(w.tokens[h+1]) == 4 && number(w.tokens[h+1]) {
		return true
	}
	named := s > 0 || !slices.Contains(bare, w.tokens[s])
	return strong && named && s <= 2 && h == w.n-1 && len(w.tokens[h]) <= 4 && !(len(w.tokens[h]) == 4 && number(w.tokens[h]))
}

// turkishNumber looks for the "no: 5" of an address.
func (w *words) turkishNumber() bool {
	for i, token := range w.tokens[:w.n] {
		rest, ok := strings.CutPrefix(token, "no")
		if !ok {
			continue
		}
		rest = strings.TrimLeft(rest, ".:")
		if rest != "" && isHouse(rest) || rest == "" && i+1 < w.n && isHouse(w.tokens[i+1]) {
			return slices.Contains(w.street[:w.n], turkish)
		}
	}
	return false
}

func (w *words) postBox() bool {
	for i := 0; i+1 < w.n; i++ {
		switch token := w.tokens[i]; {
		case !number(w.tokens[i+1]):
		case (token == "postfach" || token == "postbus") && len(w.tokens[i+1]) >= 3:
			return true
		case token == "box" && i > 0 && (w.tokens[i-1] == "po" || w.tokens[i-1] == "p.o." || w.tokens[i-1] == "p.o"):
			return true
		}
	}
	return false
}

// postcode looks for one from a word on.
func (w *words) postcode(from int) bool {
	for i := from; i < w.n; i++ {
		token := w.tokens[i]
		next := ""
		if i+1 < w.n {
			next = w.tokens[i+1]
		}
		shape := shapeOf(token)
		switch shape {
		case "99999", "999999", "99999-9999", "99-999", "9999-999", "99999-999", "999-9999", "a9a9a9":
			return true
		case "a9", "aa9", "a99", "aa99", "a9a", "aa9a": // United Kingdom, Canada, Ireland
			if s := shapeOf(next); s == "9aa" || shape == "a9a" && s == "9a9" || shape == "a99" && len(next) == 4 && strings.ContainsAny(next, "0123456789") {
				return true
			}
		case "aa99aa", "a99aa", "aa999aa", "aa9a9aa":
			return true
		case "9999": // Netherlands, Australia
			if len(next) == 2 && shapeOf(next) == "aa" && !slices.Contains(measures, next) || i > 0 && slices.Contains(australian, w.tokens[i-1]) {
				return true
			}
		case "9999aa":
			if !slices.Contains(measures, token[4:]) {
				return true
			}
		case "999": // Sweden, Greece
			if shapeOf(next) == "99" {
				return true
			}
		}
	}
	return false
}

// shapeOf writes 9 for digits and a for letters; empty for what is too long
// to be a postcode.
func shapeOf(token string) string {
	if len(token) > 10 {
		return ""
	}
	var shape [10]byte
	for i := range len(token) {
		switch b := token[i]; {
		case isDigit(b):
			shape[i] = '9'
		case isLetter(b):
			shape[i] = 'a'
		default:
			shape[i] = b
		}
	}
	return string(shape[:len(token)])
}

// isHouse reports whether a word can be a house number: 5, 12a, 12-14, 7/3.
func isHouse(token string) bool {
	i := 0
	for i < len(token) && isDigit(token[i]) {
		i++
	}
	if i == 0 || i > 4 {
		return false
	}
	rest := token[i:]
	switch {
	case rest == "", rest == ".":
		return true
	case len(rest) == 1:
		return rest[0] >= 'a' && rest[0] <= 'k' // 12l and 12v are no houses
	case rest[0] == '-' || rest[0] == '/':
		return len(rest) <= 5 && isDigit(rest[1])
	}
	return false
}

func isYear(token string) bool {
	return len(token) == 4 && number(token) && (token[:2] == "19" || token[:2] == "20")
}

func number(token string) bool {
	for i := range len(token) {
		if !isDigit(token[i]) {
			return false
		}
	}
	return token != ""
}

// eastern tells Japanese and Arabic addresses, which have no spaces or other
// orders.
func eastern(text string) bool {
	if strings.IndexByte(text, 0xe3) >= 0 || strings.IndexByte(text, 0xe4) >= 0 || strings.IndexByte(text, 0xe5) >= 0 {
		for _, sign := range []string{"〒", "丁目", "番地"} {
			if strings.Contains(text, sign) {
				return true
			}
		}
	}
	for _, prefecture := range []string{"都", "道", "府", "県"} {
		_, rest, ok := strings.Cut(text, prefecture)
		if !ok {
			continue
		}
		if i := strings.IndexAny(rest, "市区町村"); i >= 0 && hasBlock(rest[i:]) {
			return true
		}
	}
	return strings.Contains(text, "شارع")
}

// hasBlock looks for 4-2-8 or 4-2.
func hasBlock(text string) bool {
	for i := 1; i+1 < len(text); i++ {
		if text[i] == '-' && isDigit(text[i-1]) && isDigit(text[i+1]) {
			return true
		}
	}
	return false
}

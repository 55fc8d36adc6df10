package personal

import "strings"

// streetWord says how a word that does not begin with a digit names a street.
func streetWord(token string) street {
	switch token {
	case "street", "road", "lane":
		return afterStrong
	case "st", "st.", "ave", "ave.", "rd", "rd.", "ln", "ln.", "drive", "dr", "dr.", "blvd", "blvd.", "court", "ct", "terrace",
		"crescent", "close", "way", "square", "parkway", "pkwy", "highway", "hwy", "circle", "cir", "trail", "gardens", "grove", "marg", "nagar":
		return after
	case "rue", "via", "calle", "rua", "ul.", "ulica", "c/":
		return beforeStrong
	case "avenue", "boulevard", "bd", "chemin", "allée", "impasse", "quai", "place", "cours",
		"viale", "piazza", "corso", "vicolo", "strada", "avenida", "avda", "avda.", "av", "av.", "plaza", "paseo", "carrer",
		"travessa", "praça", "ul", "al.", "aleja", "os.", "osiedle", "plac", "pl.", "col.", "colonia":
		return before
	case "str", "str.", "straße", "strasse", "gasse", "straat":
		return compoundStrong
	case "weg", "platz", "allee", "ring", "damm", "ufer", "chaussee", "laan", "plein", "gata":
		return compound
	case "mahallesi", "mah.", "sokak", "sokağı", "sok.", "sk.", "caddesi", "cad.", "bulvarı":
		return turkish
	}
	// The last byte tells most words apart from the names of streets in one.
	if len(token) < 6 {
		return noStreet
	}
	switch token[len(token)-1] {
	case 'e':
		if strings.HasSuffix(token, "straße") || strings.HasSuffix(token, "strasse") || strings.HasSuffix(token, "gasse") {
			return compoundStrong
		}
		if strings.HasSuffix(token, "allee") || strings.HasSuffix(token, "chaussee") || strings.HasSuffix(token, "kade") {
			return compound
		}
	case 'r', '.':
		if strings.HasSuffix(token, "str") || strings.HasSuffix(token, "str.") {
			return compoundStrong
		}
		if strings.HasSuffix(token, "ufer") {
			return compound
		}
	case 't':
		if strings.HasSuffix(token, "straat") || strings.HasSuffix(token, "gracht") {
			return compoundStrong
		}
	case 'n':
		if strings.HasSuffix(token, "gatan") || strings.HasSuffix(token, "vägen") {
			return compoundStrong
		}
		if strings.HasSuffix(token, "laan") || strings.HasSuffix(token, "plein") || strings.HasSuffix(token, "stigen") {
			return compound
		}
	case 'g', 'z', 'm', 'd', 'k', 'l':
		for _, end := range [...]string{"weg", "ring", "platz", "damm", "gränd", "dijk", "singel"} {
			if strings.HasSuffix(token, end) {
				return compound
			}
		}
	}
	return noStreet
}

// bare are words for a street that need a name beside them.
var bare = []string{"straße", "strasse", "str", "str.", "gasse", "straat"}

// measures follow a number that counts things, not houses.
var measures = []string{
	"x", "in", "inch", "inches", "zoll", "mm", "cm", "m", "ft", "feet", "foot", "yard", "yards", "mile", "miles", "km",
	"pack", "packs", "pcs", "pc", "piece", "pieces", "set", "sets", "count", "ct", "pair", "pairs", "stück", "teilig", "er",
	"oz", "lb", "lbs", "ml", "l", "g", "mg", "kg", "gb", "tb", "mb", "hz", "kw", "ah", "mah", "lm", "ma", "va", "vdc",
	"w", "v", "a", "volt", "watt", "watts", "hp", "amp", "cc", "way", "ply", "person", "man", "seater", "door", "slot", "tier",
	"year", "years", "yr", "jahre", "ans", "month", "months", "monate", "day", "days", "speed", "gang", "port", "channel", "lane", "wheel", "wheels",
	"and", "to", "of", "or", "th", "nd", "rd", "st", "gauge", "led", "light", "lights", "bike", "usb", "player", "players", "star",
}

// australian states stand before a postcode of four digits.
var australian = []string{"nsw", "vic", "qld", "wa", "sa", "tas", "act", "nt"}

// titles are films and books that are named after an address.
var titles = []string{"21 jump street", "22 jump street", "10 cloverfield lane", "84 charing cross road", "221b baker street", "77 sunset strip"}

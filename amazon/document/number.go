package document

import "strconv"

var powersOfTen = [...]int64{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18}

// mostMantissa is the largest mantissa to which any digit can be added.
const mostMantissa = (1<<63 - 1 - 9) / 10

// Scaled returns the JSON number literal times 10^scale as an integer, rounded
// half away from zero. exact is false where digits were lost; ok is false where
// the result does not fit. Of a result above 10^18 the first 18 digits count.
func Scaled(literal []byte, scale int) (v int64, exact, ok bool) {
	i, negative := 0, false
	if i < len(literal) && literal[i] == '-' {
		negative = true
		i++
	}
	exact = true
	var mantissa int64
	exponent := scale
	fraction, dropped, up := false, false, false
	for ; i < len(literal); i++ {
		switch b := literal[i]; {
		case b == '.':
			fraction = true
		case b < '0' || b > '9':
			e, err := strconv.Atoi(string(literal[i+1:]))
			if err != nil || e > 1000 || e < -1000 {
				return 0, false, mantissa == 0
			}
			exponent += e
			i = len(literal)
		case mantissa <= mostMantissa && !dropped:
			mantissa = mantissa*10 + int64(b-'0')
			if fraction {
				exponent--
			}
		default:
			// No more digits fit: what follows the last one only rounds it.
			if !dropped {
				dropped, up = true, b >= '5'
			}
			if !fraction {
				exponent++
			}
			exact = exact && b == '0'
		}
	}
	switch {
	case mantissa == 0:
		return 0, exact, true
	case exponent > 18, exponent > 0 && mantissa > (1<<63-1)/powersOfTen[exponent]:
		return 0, false, false
	case exponent > 0:
		mantissa *= powersOfTen[exponent]
	case exponent == 0 && up:
		mantissa++
	case exponent == -19 && mantissa >= 5*powersOfTen[18]:
		mantissa, exact = 1, false
	case exponent < -18:
		mantissa, exact = 0, false
	case exponent < 0:
		unit := powersOfTen[-exponent]
		rest := mantissa % unit
		mantissa /= unit
		if rest != 0 {
			exact = false
			if rest >= unit-rest {
				mantissa++
			}
		}
	}
	if negative {
		mantissa = -mantissa
	}
	return mantissa, exact, true
}

// wholeID parses an id; 64 bits are used in full.
func wholeID(literal []byte) (int64, bool) {
	if v, err := strconv.ParseInt(string(literal), 10, 64); err == nil {
		return v, v >= 0 && literal[0] != '+'
	}
	return 0, false
}

// ratio parses a number for comparison.
func ratio(literal []byte) (float64, bool) {
	// Nine decimals are more than Amazon's figures have.
	if v, _, ok := Scaled(literal, 9); ok {
		return float64(v) / 1e9, true
	}
	v, err := strconv.ParseFloat(string(literal), 64)
	return v, err == nil
}

// ParseID parses a 64-bit id from JSON, a number or a string.
func ParseID(raw []byte) (int64, error) {
	if len(raw) == 0 || raw[0] != '"' && raw[0] != '-' && (raw[0] < '0' || raw[0] > '9') {
		return 0, &Error{Reason: "is not a 64-bit id"}
	}
	c := NewCursor("")
	c.Reset(0, raw)
	id := c.ID()
	return id, c.Err()
}

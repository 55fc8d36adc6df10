package sim

import (
	"bytes"
	"encoding/json"
	"regexp"
	"strings"
)

// rowsOf splits a document into what comes before, the rows and what comes
// after; nil rows for a document without.
func rowsOf(text []byte) (head []byte, rows []json.RawMessage, tail []byte) {
	const key = `"dataByAsin":`
	from, to := 0, len(text)
	if !bytes.HasPrefix(text, []byte("[")) {
		i := bytes.Index(text, []byte(key))
		if i < 0 {
			return nil, nil, nil
		}
		from, to = i+len(key), bytes.LastIndexByte(text, ']')+1
	}
	if to <= from || json.Unmarshal(text[from:to], &rows) != nil {
		return nil, nil, nil
	}
	return text[:from], rows, text[to:]
}

// eachRow replaces some rows of a document: each of those that the hash
// chooses, one in n, and always one, by what change makes of it.
func eachRow(text []byte, h uint64, n uint64, change func(row json.RawMessage, h uint64) []json.RawMessage) []byte {
	head, rows, tail := rowsOf(text)
	if len(rows) == 0 {
		return text
	}
	sure := int(h % uint64(len(rows)))
	var out bytes.Buffer
	out.Write(head)
	out.WriteByte('[')
	comma := false
	for i, row := range rows {
		put := []json.RawMessage{row}
		if g := mix(h, uint64(i)); i == sure || g%n == 0 {
			put = change(row, g)
		}
		for _, p := range put {
			if comma {
				out.WriteByte(',')
			}
			comma = true
			out.Write(p)
		}
	}
	out.WriteByte(']')
	out.Write(tail)
	return out.Bytes()
}

func withUnknownFields(text []byte, h uint64) []byte {
	extras := []string{
		`"futureMetric":0.5,`, `"futureData":{"count":3,"nested":[1,null,{"a":"ü"}]},`, `"futureFlag":true,"futureNull":null,`,
	}
	text = eachRow(text, h, 5, func(row json.RawMessage, h uint64) []json.RawMessage {
		return []json.RawMessage{[]byte("{" + extras[h%uint64(len(extras))] + string(row[1:]))}
	})
	if bytes.HasPrefix(text, []byte("{")) {
		return append([]byte(`{"futureHeader":{"v":[2]},`), text[1:]...)
	}
	return text
}

// required are fields that no row can do without, by the document they are in.
var required = []*regexp.Regexp{
	regexp.MustCompile(`"searchQuery":"(?:[^"\\]|\\.)*"`),
	regexp.MustCompile(`"(?:asinImpressionCount|totalQueryImpressionCount|impressionCount)":[0-9]+`),
	regexp.MustCompile(`"(?:asin|startDate)":"[^"]*"`),
	regexp.MustCompile(`"(?:campaignId|clicks|impressions)":[0-9]+`),
	regexp.MustCompile(`"date":"[^"]*"`),
}

func withNull(text []byte, h uint64) []byte {
	return eachRow(text, h, 1<<62, func(row json.RawMessage, h uint64) []json.RawMessage {
		for k := range required {
			re := required[(h+uint64(k))%uint64(len(required))]
			if at := re.FindIndex(row); at != nil {
				name, _, _ := strings.Cut(string(row[at[0]:at[1]]), ":")
				return []json.RawMessage{[]byte(string(row[:at[0]]) + name + ":null" + string(row[at[1]:]))}
			}
		}
		return []json.RawMessage{row}
	})
}

var percents = regexp.MustCompile(`"(?:asin\w+Share|total\w+Rate)":[0-9]+\.[0-9]+`)

// asFractions divides the percentages by a hundred, by moving the point.
func asFractions(text []byte, _ uint64) []byte {
	return percents.ReplaceAllFunc(text, func(b []byte) []byte {
		name, value, _ := strings.Cut(string(b), ":")
		whole, part, _ := strings.Cut(value, ".")
		whole = "00" + whole
		cut := len(whole) - 2
		digits := strings.TrimLeft(whole[:cut], "0")
		if digits == "" {
			digits = "0"
		}
		return []byte(name + ":" + digits + "." + whole[cut:] + part)
	})
}

var (
	traffic     = regexp.MustCompile(`^(?:impressions|clicks|cost|spend|viewableImpressions|impressionsViews)$`)
	conversions = regexp.MustCompile(`^(?:purchases|unitsSold|sales|attributedSales|newToBrand|addToCart|detailPageViews)`)
	derived     = regexp.MustCompile(`^(?:costPerClick|clickThroughRate|acos|roas)`)
)

// withDuplicates repeats rows of a report of the Selling Partner API as they
// are and splits rows of an ads report into the traffic and the conversions.
func withDuplicates(text []byte, h uint64) []byte {
	ads := bytes.HasPrefix(text, []byte("["))
	return eachRow(text, h, 6, func(row json.RawMessage, _ uint64) []json.RawMessage {
		if !ads {
			return []json.RawMessage{row, row}
		}
		return []json.RawMessage{zeroed(row, conversions), zeroed(row, traffic)}
	})
}

// zeroed returns the row with its numbers of these names 0 and the derived
// ones null.
func zeroed(row json.RawMessage, names *regexp.Regexp) json.RawMessage {
	var fields map[string]json.RawMessage
	if json.Unmarshal(row, &fields) != nil {
		return row
	}
	for name := range fields {
		switch {
		case derived.MatchString(name):
			fields[name] = json.RawMessage("null")
		case names.MatchString(name):
			fields[name] = json.RawMessage("0")
		}
	}
	b, err := json.Marshal(fields)
	if err != nil {
		return row
	}
	return b
}

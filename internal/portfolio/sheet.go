package portfolio

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
)

// The largest product table that is read.
const (
	MaxSheet  = 4 << 20 // bytes
	MaxLines  = 20_000
	longCell  = 5000 // characters; a whole file becomes one cell where a quote is never closed
	maxColumn = 300
)

// Sheet is a product table as a file gave it.
type Sheet struct {
	Columns  []Column    `json:"columns"` // that it has
	Ignored  []string    `json:"ignored"` // headers of columns that the product table has no place for
	Rows     []SheetRow  `json:"rows"`
	Problems []LineError `json:"problems"`
}

// SheetRow is one line of the file that can be taken over. Of Product only what
// the sheet's columns hold is set.
type SheetRow struct {
	Line    int     `json:"line"` // in the file, the first being 1
	Product Product `json:"product"`
}

// LineError is one line that cannot be taken over, and why.
type LineError struct {
	Line int    `json:"line"`
	Text string `json:"text"`
}

// ReadSheet reads a product table: commas, semicolons or tabs between the cells,
// in UTF-8, UTF-16 with a byte order mark, or Windows-1252. Lines without a
// marketplace of their own belong to the given one. A file that is no such
// table is a Refusal; single lines that are wrong are its Problems.
func ReadSheet(data []byte, market string) (*Sheet, error) {
	if len(data) > MaxSheet {
		return nil, refuse("The file has more than %d MiB: split it.", MaxSheet>>20)
	}
	text, err := decodeSheet(data)
	if err != nil {
		return nil, err
	}
	text, skipped, declared := cutPreamble(text)
	if strings.TrimSpace(text) == "" {
		return nil, refuse("The file is empty.")
	}
	separator, columns, err := readHeader(text, declared)
	if err != nil {
		return nil, err
	}
	reader := csv.NewReader(strings.NewReader(text))
	reader.Comma, reader.FieldsPerRecord, reader.LazyQuotes, reader.ReuseRecord = separator, -1, true, true
	sheet := &Sheet{Ignored: []string{}, Rows: []SheetRow{}, Problems: []LineError{}}
	for i, c := range columns {
		switch {
		case c.column == "" && tidy(c.header) != "":
			sheet.Ignored = append(sheet.Ignored, shown(c.header))
		case c.column != "" && slices.Contains(sheet.Columns, c.column):
			return nil, refuse("Two columns, the second of them %q, hold the %s: leave one of them out.", shown(c.header), c.column.words())
		case c.column != "":
			sheet.Columns = append(sheet.Columns, columns[i].column)
		}
	}
	if !slices.Contains(sheet.Columns, ColumnASIN) {
		if head := strings.ToLower(text[:min(len(text), 2000)]); strings.Contains(head, "search query") {
			return nil, refuse("This is a report of search queries. Only the product table can be imported so far; search data come through the connection to Amazon.")
		}
		return nil, refuse("No column is named ASIN. The first line names the columns: ASIN, SKU, Title, Parent, Brand, Price, Margin %%.")
	}
	if market == "" && !slices.Contains(sheet.Columns, ColumnMarketplace) {
		return nil, refuse("Say which marketplace the products are in: the file has no column of that name.")
	}
	first := map[[2]string]int{} // the line of a marketplace's ASIN
	for record := 0; ; record++ {
		cells, err := reader.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, refuse("The file cannot be read as a table: %v.", err)
		}
		line, _ := reader.FieldPos(0)
		line += skipped
		if record == 0 || blank(cells) {
			continue
		}
		if len(sheet.Rows)+len(sheet.Problems) >= MaxLines {
			return nil, refuse("The file has more than %d lines: split it.", MaxLines)
		}
		p, err := readLine(columns, cells, market)
		if err != nil {
			text, ok := Refusal(err)
			if !ok {
				return nil, err
			}
			sheet.Problems = append(sheet.Problems, LineError{line, text})
			continue
		}
		key := [2]string{p.Marketplace, p.ASIN}
		if before, ok := first[key]; ok {
			sheet.Problems = append(sheet.Problems, LineError{line, fmt.Sprintf("%s stands in line %d already.", p.ASIN, before)})
			continue
		}
		first[key] = line
		sheet.Rows = append(sheet.Rows, SheetRow{line, p})
	}
	if len(sheet.Rows)+len(sheet.Problems) == 0 {
		return nil, refuse("The file names columns and holds no line.")
	}
	return sheet, nil
}

func blank(cells []string) bool {
	return !slices.ContainsFunc(cells, func(c string) bool { return strings.TrimSpace(c) != "" })
}

// decodeSheet returns the file as UTF-8.
func decodeSheet(data []byte) (string, error) {
	switch {
	case bytes.HasPrefix(data, []byte("PK\x03\x04")), bytes.HasPrefix(data, []byte{0xd0, 0xcf, 0x11, 0xe0}):
		return "", refuse("This is a workbook. Save it as CSV and upload that.")
	case bytes.HasPrefix(data, []byte{0xef, 0xbb, 0xbf}):
		data = data[3:]
	case bytes.HasPrefix(data, []byte{0xff, 0xfe}), bytes.HasPrefix(data, []byte{0xfe, 0xff}):
		text, err := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewDecoder().Bytes(data)
		if err != nil {
			return "", refuse("The file says that it is UTF-16 and is not.")
		}
		data = text
	}
	if !utf8.Valid(data) {
		text, err := charmap.Windows1252.NewDecoder().Bytes(data)
		if err != nil {
			return "", refuse("The file is no text: save the table as CSV in UTF-8.")
		}
		data = text
	}
	if bytes.IndexByte(data, 0) >= 0 {
		return "", refuse("The file is no text: save the table as CSV in UTF-8.")
	}
	return strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(string(data)), nil
}

// cutPreamble cuts empty lines and Excel's "sep=;" from the beginning, and
// returns how many lines these were and the separator that was declared, if one
// was.
func cutPreamble(text string) (rest string, lines int, separator rune) {
	for {
		line, after, more := strings.Cut(text, "\n")
		trimmed := strings.TrimSpace(line)
		if sep, ok := strings.CutPrefix(strings.ToLower(strings.Trim(trimmed, `"`)), "sep="); ok {
			switch sep {
			case ",", ";":
				separator = rune(sep[0])
			case "", `\t`:
				separator = '\t' // trimmed away
			}
		} else if trimmed != "" {
			return text, lines, separator
		}
		if !more {
			return "", lines, separator
		}
		text, lines = after, lines+1
	}
}

// header is one cell of the first line, and what it names.
type header struct {
	header string
	column Column // empty: none of ours
}

// readHeader finds what separates the cells: of the three signs that by which
// most columns have a name that is known.
func readHeader(text string, declared rune) (separator rune, columns []header, err error) {
	separators := []rune{',', ';', '\t'}
	if declared != 0 {
		separators = []rune{declared}
	}
	best := -1
	for _, sign := range separators {
		reader := csv.NewReader(strings.NewReader(text))
		reader.Comma, reader.FieldsPerRecord, reader.LazyQuotes = sign, -1, true
		cells, err := reader.Read()
		if err != nil {
			continue
		}
		var found []header
		known := 0
		for _, cell := range cells {
			c := columnOf(cell)
			if c != "" {
				known++
			}
			found = append(found, header{cell, c})
		}
		if known > best {
			best, separator, columns = known, sign, found
		}
	}
	if len(columns) > maxColumn {
		return 0, nil, refuse("The first line has more than %d columns.", maxColumn)
	}
	return separator, columns, nil
}

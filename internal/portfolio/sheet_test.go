package portfolio_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"strings"
	"testing"
	"unicode/utf16"

	"halotrack.ai/halotrack/internal/portfolio"
)

func readSheet(t *testing.T, text string) *portfolio.Sheet {
	t.Helper()
	s, err := portfolio.ReadSheet([]byte(text), us)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func utf16le(s string) string {
	var b bytes.Buffer
	b.Write([]byte{0xff, 0xfe})
	for _, u := range utf16.Encode([]rune(s)) {
		_ = binary.Write(&b, binary.LittleEndian, u)
	}
	return b.String()
}

func TestSheetsOfAllKindsSayTheSame(t *testing.T) {
	const table = "ASIN,SKU,Title,Parent,Brand,Price,Margin %%\nB000000001,V-1,%q,B0PARENT01,Velmora,19.99,35\n"
	plain := fmt.Sprintf(table, "Müslischale, groß")
	with := func(sep string) string {
		return "ASIN" + sep + "SKU" + sep + "Title" + sep + "Parent" + sep + "Brand" + sep + "Price" + sep + "Margin %\n" +
			"B000000001" + sep + "V-1" + sep + "\"Müslischale, groß\"" + sep + "B0PARENT01" + sep + "Velmora" + sep + "\"19,99\"" + sep + "0,35\n"
	}
	for name, text := range map[string]string{
		"commas":               plain,
		"a byte order mark":    "\ufeff" + plain,
		"semicolons":           with(";"),
		"tabs":                 with("\t"),
		"a declared separator": "sep=;\r\n" + strings.ReplaceAll(with(";"), "\n", "\r\n"),
		"old line ends":        strings.ReplaceAll(plain, "\n", "\r"),
		"UTF-16":               utf16le(with("\t")),
		"Windows-1252":         strings.NewReplacer("ü", "\xfc", "ß", "\xdf").Replace(plain),
		"empty lines":          "\n\n" + plain + "\n,,,\n\n",
		"Seller Central":       "item-name\tlisting-id\tseller-sku\tprice\tasin1\tparent_sku\tBrand Name\tContribution margin\nMüslischale, groß\t77\tV-1\t19.99\tb000000001\tb0parent01\tVelmora\t35%\n",
		"business report":      "(Parent) ASIN,(Child) ASIN,Title,SKU,Sessions,Brand,Your price,Margin\nB0PARENT01,B000000001,\"Müslischale, groß\",V-1,\"1,024\",Velmora,$19.99,\"35,0 %\"\n",
		"a country column":     strings.NewReplacer("ASIN,", "Country,ASIN,", "B000000001", "us,\"=\"\"B000000001\"\"\"").Replace(plain),
	} {
		t.Run(name, func(t *testing.T) {
			s := readSheet(t, text)
			if len(s.Problems) != 0 || len(s.Rows) != 1 {
				t.Fatalf("%+v", s)
			}
			want := portfolio.Product{Marketplace: us, ASIN: "B000000001", SKU: "V-1", Title: "Müslischale, groß", Parent: "B0PARENT01",
				Brand: "Velmora", Price: micros(19_990_000), Currency: "USD", Margin: fraction(.35)}
			if s.Rows[0].Product != want {
				t.Errorf("read %+v", s.Rows[0].Product)
			}
		})
	}
}

func TestEachWrongLineIsNamed(t *testing.T) {
	s := readSheet(t, "\nasin,price,margin,currency,country,other\n"+
		"B000000001,19.99,30,usd,,x\n"+
		"B00000001,19.99,30,,,x\n"+
		"B000000002,1.234,,,,\n"+
		"B000000003,\"1,234.50\",130,,,\n"+
		"B000000001,5,,,,\n"+
		"B000000004,5,,EUR,,\n"+
		"B000000005,5,,EUR,DE,\n"+
		"B000000006,5,,,Atlantis,\n"+
		"B000000007,free,,,,,,,more\n"+
		"B000000001,5,,EUR,de,\n")
	want := map[int]string{4: "not an ASIN", 5: "not a price", 6: "margin", 7: "line 3 already", 8: "sells in USD", 10: "Atlantis", 11: "not a price"}
	if len(s.Rows) != 3 || len(s.Problems) != len(want) {
		t.Fatalf("%+v", s)
	}
	for _, p := range s.Problems {
		if w, ok := want[p.Line]; !ok || !strings.Contains(p.Text, w) {
			t.Errorf("line %d: %s", p.Line, p.Text)
		}
	}
	if len(s.Ignored) != 1 || s.Ignored[0] != "other" {
		t.Errorf("ignored %v", s.Ignored)
	}
	if s.Rows[1].Product.Marketplace != de || s.Rows[1].Line != 9 {
		t.Errorf("row %+v", s.Rows[1])
	}
}

func TestWhatIsNoTableIsRefused(t *testing.T) {
	many := strings.Repeat("B000000001\n", portfolio.MaxLines+1)
	for words, text := range map[string]string{
		"empty":                    " \n\n",
		"No column is named":       "name,price\nx,1\n",
		"holds no line":            "asin,price\n",
		"workbook":                 "PK\x03\x04\x14\x00",
		"no text":                  "asin\nB000\x0000001\n",
		"report of search queries": "ASIN or Product=[\"B000000001\"],Select week\nSearch Query,Search Query Score\nx,1\n",
		"Two columns":              "asin,price,Your Price\nB000000001,1,2\n",
		"4 MiB":                    "asin\n" + strings.Repeat("x", portfolio.MaxSheet),
		"more than 20000":          "asin\n" + many,
		"more than 300 colum":      "asin" + strings.Repeat(",x", 300) + "\n",
	} {
		_, err := portfolio.ReadSheet([]byte(text), us)
		refused(t, err, words)
	}
	s := readSheet(t, "asin,title\nB000000001,\""+strings.Repeat("a\n", 4000))
	if len(s.Problems) != 1 || !strings.Contains(s.Problems[0].Text, "quotation mark") {
		t.Errorf("a quote that is never closed: %+v", s)
	}
}

func TestNumbersOfManyCountries(t *testing.T) {
	for text, want := range map[string]int64{
		"19.99": 19_990_000, "19,99": 19_990_000, "€19,99": 19_990_000, "19,99 €": 19_990_000, "US$ 1,234.50": 1_234_500_000,
		"1.234,50": 1_234_500_000, "1 234,5": 1_234_500_000, "1'234.50": 1_234_500_000, "1,234,567": -1, "0.125": 125_000,
		"1234": 1_234_000_000, "12345.678": 12_345_678_000, "￥1200": 1_200_000_000, "1200 JPY": 1_200_000_000,
		"1.234": -1, "1,234": -1, "-5": -1, "1.2.3": -1, "..": -1, "12,34.5": -1, "1e9": -1, "NaN": -1, "0": -1, "abc": -1,
	} {
		s := readSheet(t, "asin\tprice\nB000000001\t"+text+"\n")
		if want < 0 {
			if len(s.Problems) != 1 {
				t.Errorf("%q was read as %+v", text, s.Rows)
			}
			continue
		}
		if len(s.Rows) != 1 || s.Rows[0].Product.Price.V != want {
			t.Errorf("%q: %+v", text, s)
		}
	}
}

// What people wrote comes back from a spreadsheet as it was, and nothing in it
// is reckoned on the way.
func TestSheetsAreReadBack(t *testing.T) {
	var list []portfolio.Product
	for i, title := range []string{"=HYPERLINK(\"http://x\")", "+1", "-", "@sum", "'quoted", "plain, \"quoted\"", "=\"x\"", "'=x", ""} {
		p := portfolio.Product{Marketplace: []string{us, de}[i%2], ASIN: fmt.Sprintf("B%09d", i), Title: title, Brand: title, SKU: title,
			Price: micros(int64(i+1) * 1_234_500), Margin: fraction(float64(i+1) / 17)}
		p, err := p.Clean()
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, p)
	}
	list[3].Price.Valid, list[3].Price.V, list[4].Margin.Valid, list[4].Margin.V = false, 0, false, 0
	var b bytes.Buffer
	if err := portfolio.WriteSheet(&b, list); err != nil {
		t.Fatal(err)
	}
	for _, line := range strings.Split(b.String(), "\n") {
		for _, cell := range strings.Split(line, ",") {
			if cell = strings.Trim(cell, `"`); cell != "" && strings.ContainsRune("=+-@", rune(cell[0])) {
				t.Errorf("a spreadsheet reckons %s", cell)
			}
		}
	}
	s, err := portfolio.ReadSheet(b.Bytes(), us)
	if err != nil || len(s.Problems) != 0 || len(s.Rows) != len(list) {
		t.Fatalf("%+v, %v", s, err)
	}
	for i, r := range s.Rows {
		got := r.Product
		if d := got.Margin.V - list[i].Margin.V; d < -1e-6 || d > 1e-6 {
			t.Errorf("margin %v became %v", list[i].Margin, got.Margin)
		}
		got.Margin = list[i].Margin
		if got != list[i] {
			t.Errorf("%+v became %+v", list[i], got)
		}
	}
}

func TestMargins(t *testing.T) {
	for text, want := range map[string]float64{
		"35": .35, "35%": .35, "35,5 %": .355, "0.35": .35, "0,35": .35, ".35": .35, "12.345": .12345, "12,345%": .12345, "0.5%": .005,
		"%": -1, "100": -1, "-3": -1, "0": -1, "half": -1, "1,234,567": -1,
	} {
		s := readSheet(t, "asin\tmargin %\nB000000001\t"+text+"\n")
		if want < 0 {
			if len(s.Problems) != 1 {
				t.Errorf("%q was read as %+v", text, s.Rows)
			}
			continue
		}
		if len(s.Rows) != 1 || s.Rows[0].Product.Margin.V != want {
			t.Errorf("%q: %+v", text, s)
		}
	}
}

func FuzzReadSheet(f *testing.F) {
	f.Add([]byte("asin,price\nB000000001,19.99\n"))
	f.Add([]byte("sep=;\r\nASIN;Margin %\r\n\"B000000001\";\"35,5\"\r\n"))
	f.Add([]byte(utf16le("asin\ttitle\nB000000001\t=x\n")))
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := portfolio.ReadSheet(data, us)
		if err != nil {
			if text, ok := portfolio.Refusal(err); !ok || text == "" {
				t.Fatalf("an error that people cannot read: %v", err)
			}
			return
		}
		for _, r := range s.Rows {
			if again, err := r.Product.Clean(); err != nil || again != r.Product {
				t.Fatalf("took over what is not clean: %+v, %v", r.Product, err)
			}
		}
	})
}

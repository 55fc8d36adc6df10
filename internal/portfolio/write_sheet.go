package portfolio

import (
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"strings"

	"halotrack.ai/halotrack/amazon/marketplace"
)

// WriteSheet writes lines of the product table as CSV that ReadSheet reads back
// and a spreadsheet does not reckon.
func WriteSheet(w io.Writer, products []Product) error {
	if _, err := io.WriteString(w, "\ufeff"); err != nil { // or Excel takes it for Windows-1252
		return err
	}
	out := csv.NewWriter(w)
	lines := [][]string{{"Marketplace", "ASIN", "SKU", "Title", "Parent", "Brand", "Price", "Currency", "Margin %"}}
	for _, p := range products {
		country := p.Marketplace
		if m, ok := marketplace.ByID(p.Marketplace); ok {
			country = m.Country
		}
		lines = append(lines, []string{country, p.ASIN, guard(p.SKU), guard(p.Title), guard(p.Parent), guard(p.Brand), priceText(p), p.Currency, marginText(p)})
	}
	return out.WriteAll(lines)
}

func priceText(p Product) string {
	if !p.Price.Valid {
		return ""
	}
	return unambiguous(fmt.Sprintf("%d.%06d", p.Price.V/1e6, p.Price.V%1e6))
}

func marginText(p Product) string {
	if !p.Margin.Valid {
		return ""
	}
	return unambiguous(strconv.FormatFloat(p.Margin.V*100, 'f', 4, 64)) + "%"
}

// unambiguous leaves a number two decimals, or four and more: three look like
// thousands to half of the world.
func unambiguous(text string) string {
	whole, part, _ := strings.Cut(text, ".")
	part = strings.TrimRight(part, "0")
	switch {
	case len(part) < 2:
		part = (part + "00")[:2]
	case len(part) == 3:
		part += "0"
	}
	return whole + "." + part
}

package portfolio

import (
	"database/sql"
	"math"
	"strings"
	"unicode"
	"unicode/utf8"

	"halotrack.ai/halotrack/amazon/marketplace"
)

// Column is a column of the product table.
type Column string

// The columns.
const (
	ColumnMarketplace Column = "marketplace"
	ColumnASIN        Column = "asin"
	ColumnSKU         Column = "sku"
	ColumnTitle       Column = "title"
	ColumnParent      Column = "parent"
	ColumnBrand       Column = "brand"
	ColumnPrice       Column = "price"
	ColumnCurrency    Column = "currency"
	ColumnMargin      Column = "margin"
)

func (c Column) words() string {
	switch c {
	case ColumnASIN, ColumnSKU:
		return strings.ToUpper(string(c))
	}
	return string(c)
}

// headers are the names of columns: plain English ones, and those of Seller
// Central's listing, inventory and business reports and of its category
// templates. Letters and digits count, nothing else.
var headers = map[string]Column{
	"marketplace": ColumnMarketplace, "marketplaceid": ColumnMarketplace, "country": ColumnMarketplace, "countrycode": ColumnMarketplace,
	"asin": ColumnASIN, "asin1": ColumnASIN, "childasin": ColumnASIN, "asinchild": ColumnASIN, "productasin": ColumnASIN,
	"sku": ColumnSKU, "sellersku": ColumnSKU, "merchantsku": ColumnSKU, "msku": ColumnSKU, "itemsku": ColumnSKU,
	"title": ColumnTitle, "itemname": ColumnTitle, "productname": ColumnTitle, "producttitle": ColumnTitle, "name": ColumnTitle,
	"parent": ColumnParent, "parentasin": ColumnParent, "asinparent": ColumnParent, "parentsku": ColumnParent,
	"brand": ColumnBrand, "brandname": ColumnBrand,
	"price": ColumnPrice, "yourprice": ColumnPrice, "itemprice": ColumnPrice, "standardprice": ColumnPrice, "sellingprice": ColumnPrice,
	"currency": ColumnCurrency, "currencycode": ColumnCurrency,
	"margin": ColumnMargin, "marginpercent": ColumnMargin, "marginpct": ColumnMargin, "contributionmargin": ColumnMargin,
	"marginbeforeads": ColumnMargin, "profitmargin": ColumnMargin,
}

func columnOf(name string) Column {
	return headers[strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, name)]
}

// readLine reads one line's cells; what is wrong with it is a Refusal.
func readLine(columns []header, cells []string, market string) (p Product, err error) {
	p.Marketplace = market
	currency := ""
	for i, cell := range cells {
		if i >= len(columns) {
			if strings.TrimSpace(cell) != "" {
				return p, refuse("The line has more cells than the first one has names.")
			}
			continue
		}
		if utf8.RuneCountInString(cell) > longCell {
			return p, refuse("The column %q holds more than %d characters: is a quotation mark missing?", shown(columns[i].header), longCell)
		}
		cell = unguard(cell)
		switch columns[i].column {
		case ColumnMarketplace:
			if cell == "" {
				continue
			}
			m, ok := marketplace.ByID(cell)
			if !ok {
				m, ok = marketplace.ByCountry(strings.ToUpper(cell))
			}
			if !ok {
				return p, refuse("There is no marketplace %q: write a country's two letters, such as US.", shown(cell))
			}
			p.Marketplace = m.ID
		case ColumnASIN:
			p.ASIN = cell
		case ColumnSKU:
			p.SKU = cell
		case ColumnTitle:
			p.Title = cell
		case ColumnParent:
			p.Parent = cell
		case ColumnBrand:
			p.Brand = cell
		case ColumnCurrency:
			currency = strings.ToUpper(cell)
		case ColumnPrice:
			p.Price, err = readPrice(cell)
		case ColumnMargin:
			p.Margin, err = readMargin(cell)
		}
		if err != nil {
			return p, err
		}
	}
	if p, err = p.Clean(); err != nil {
		return p, err
	}
	if currency != "" && currency != p.Currency && p.Price.Valid {
		return p, refuse("The price is in %s, the marketplace sells in %s.", shown(currency), p.Currency)
	}
	return p, nil
}

// merge lays the columns that a sheet has over what the product table says.
func merge(old, line Product, columns []Column) Product {
	old.Marketplace, old.ASIN, old.Currency = line.Marketplace, line.ASIN, line.Currency
	for _, c := range columns {
		switch c {
		case ColumnSKU:
			old.SKU = line.SKU
		case ColumnTitle:
			old.Title = line.Title
		case ColumnParent:
			old.Parent = line.Parent
		case ColumnBrand:
			old.Brand = line.Brand
		case ColumnPrice:
			old.Price = line.Price
		case ColumnMargin:
			old.Margin = line.Margin
		}
	}
	return old
}

func readPrice(cell string) (price sql.Null[int64], err error) {
	text := strings.TrimFunc(cell, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsLetter(r) || unicode.Is(unicode.Sc, r) })
	if text == "" && strings.TrimSpace(cell) == "" {
		return price, nil
	}
	v, ok := decimal(text)
	if !ok || v < 0 || v > dearest {
		return price, refuse("%q is not a price: write it like 19.99.", shown(cell))
	}
	return sql.Null[int64]{V: int64(v*1e6 + .5), Valid: true}, nil
}

// readMargin reads 35, 35 %, 35,5% or 0.35: without a percent sign, what lies
// below 1 is a fraction.
func readMargin(cell string) (margin sql.Null[float64], err error) {
	text, percent := strings.CutSuffix(strings.TrimSpace(cell), "%")
	if text == "" && !percent {
		return margin, nil
	}
	text = strings.TrimSpace(text)
	v, ok := decimal(text)
	if !ok && strings.ContainsAny(text, ".,") {
		v, ok = decimal(text + "0") // 12.345 % are no thousands
	}
	if !ok {
		return margin, refuse("%q is not a margin: write it like 35 %%.", shown(cell))
	}
	if percent || v >= 1 {
		v = math.Round(v*1e4) / 1e6
	}
	return sql.Null[float64]{V: v, Valid: true}, checkMargin(v)
}

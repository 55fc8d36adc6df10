package history

import (
	"context"
	"fmt"
	"strings"

	"halotrack.ai/halotrack/amazon/spapi"
	"halotrack.ai/halotrack/internal/database"
)

// scpRow is one ASIN's row as stored: four counts, search sales, four prices,
// twelve delivery counts, the currency.
const scpColumns = 21

type scpRow struct {
	values   [scpColumns]Count
	currency int64
}

const (
	selectSCP = `SELECT s.asin, a.code, s.rows,
	s.impressions, s.clicks, s.cart_adds, s.purchases, s.search_sales,
	s.impression_price, s.click_price, s.cart_add_price, s.purchase_price,
	s.impression_same_day, s.impression_one_day, s.impression_two_day,
	s.click_same_day, s.click_one_day, s.click_two_day,
	s.cart_add_same_day, s.cart_add_one_day, s.cart_add_two_day,
	s.purchase_same_day, s.purchase_one_day, s.purchase_two_day, s.currency
FROM scp s LEFT JOIN asins a ON a.id = s.asin WHERE s.period = ?1 AND s.seller = ?2`
	insertSCP = `INSERT OR REPLACE INTO scp VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15,
	?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24, ?25, ?26, ?27, ?28, ?29, ?30, ?31)`
	deleteSCP = `DELETE FROM scp WHERE period = ?1 AND seller = ?2 AND asin = ?3`
)

// wholeCatalogue stands for the ASIN of a cell that covers everything the
// seller's brands sell.
const wholeCatalogue int64 = 0

// ReplaceSCP replaces a slice of search catalogue performance as ReplaceSQP
// does for search queries. Without ASINs the slice is the whole catalogue:
// every ASIN that the document does not name vanishes, and the coverage has a
// cell with an empty ASIN.
func (f *Facts) ReplaceSCP(ctx context.Context, s SCPSlice, load func(yield func(*spapi.SCPRow) error) (spapi.Summary, error)) (Stored, error) {
	if err := SQPSlice(s).check(); err != nil {
		return Stored{}, err
	}
	var stored Stored
	err := f.write(ctx, func(c *database.Conn) error {
		r := scpReplacement{c: c, slice: SQPSlice(s)}
		if err := r.begin(); err != nil {
			return err
		}
		summary, err := stream(ctx, load, r.take)
		if err != nil {
			return err
		}
		stored, err = r.finish(summary)
		return err
	})
	if err != nil {
		return Stored{}, fmt.Errorf("replace SCP %s %s %s: %w", s.Marketplace, s.Period, s.Start, err)
	}
	return stored, nil
}

// scpReplacement collects the rows first: there is one per ASIN.
type scpReplacement struct {
	c              *database.Conn
	slice          SQPSlice
	market, seller int64
	period         int64
	asked          map[string]bool
	rows           map[string]scpRow
	stored         Stored
}

func (r *scpReplacement) begin() (err error) {
	if r.market, err = marketplaces.id(r.c, r.slice.Marketplace); err != nil {
		return err
	}
	if r.seller, err = sellers.id(r.c, r.slice.Seller); err != nil {
		return err
	}
	r.rows, r.asked = map[string]scpRow{}, map[string]bool{}
	for _, asin := range r.slice.ASINs {
		r.asked[asin] = true
	}
	r.period, err = periodID(r.c, r.market, r.slice.Period, r.slice.Start, r.slice.End)
	return err
}

func (r *scpReplacement) take(batch []spapi.SCPRow) error {
	for i := range batch {
		row := &batch[i]
		if len(r.asked) > 0 && !r.asked[row.ASIN] {
			r.stored.Unasked++
			continue
		}
		if _, twice := r.rows[row.ASIN]; twice {
			return fmt.Errorf("%w: two rows of %s", ErrSlice, row.ASIN)
		}
		r.rows[strings.Clone(row.ASIN)] = scpRowOf(row)
		r.stored.Rows++
	}
	return nil
}

func scpRowOf(row *spapi.SCPRow) scpRow {
	i, c, a, p := &row.Impressions, &row.Clicks, &row.CartAdds, &row.Purchases
	out := scpRow{values: [scpColumns]Count{
		i.Count, c.Count, a.Count, p.Count, price(row.SearchSales),
		price(i.MedianPrice), price(c.MedianPrice), price(a.MedianPrice), price(p.MedianPrice),
		i.SameDay, i.OneDay, i.TwoDay, c.SameDay, c.OneDay, c.TwoDay,
		a.SameDay, a.OneDay, a.TwoDay, p.SameDay, p.OneDay, p.TwoDay,
	}}
	for _, m := range [...]spapi.Price{row.SearchSales, c.MedianPrice, i.MedianPrice, a.MedianPrice, p.MedianPrice} {
		if m.Valid {
			out.currency = packCurrency(m.Currency)
			break
		}
	}
	return out
}

func (r *scpReplacement) finish(summary spapi.Summary) (Stored, error) {
	type old struct {
		asin int64
		rows int64
		row  scpRow
	}
	before := map[string]old{}
	err := r.c.Query(selectSCP, func(q database.Row) error {
		o := old{asin: q.Int(0), rows: q.Int(2)}
		for i := range o.row.values {
			o.row.values[i] = q.Count(3 + i)
		}
		o.row.currency = q.Int(3 + scpColumns)
		before[q.Text(1)] = o
		return nil
	}, r.period, r.seller)
	if err != nil {
		return Stored{}, err
	}
	for asin, row := range r.rows {
		if o, ok := before[asin]; !ok || o.rows == 0 || o.row != row {
			r.stored.Changed = true
		}
		if err := r.put(asin, Complete, 1, row, summary.Unit); err != nil {
			return Stored{}, err
		}
	}
	for asin := range r.asked {
		if _, ok := r.rows[asin]; ok {
			continue
		}
		r.stored.Empty++
		r.stored.Changed = r.stored.Changed || before[asin].rows > 0
		if err := r.put(asin, Empty, 0, scpRow{}, summary.Unit); err != nil {
			return Stored{}, err
		}
	}
	r.stored.Cells = len(r.asked)
	if len(r.asked) == 0 {
		for asin, o := range before {
			if _, ok := r.rows[asin]; ok || o.asin == wholeCatalogue {
				continue
			}
			r.stored.Changed = true
			if _, err := r.c.Exec(deleteSCP, r.period, r.seller, o.asin); err != nil {
				return Stored{}, err
			}
		}
		state := Complete
		if len(r.rows) == 0 {
			state = Empty
			r.stored.Empty++
		}
		r.stored.Cells = len(r.rows) + 1
		if err := r.put("", state, 0, scpRow{}, summary.Unit); err != nil {
			return Stored{}, err
		}
	}
	return r.stored, finishReport(r.c, r.slice.Report, r.stored.Rows, r.slice.FetchedAt)
}

func (r *scpReplacement) put(asin string, state CellState, rows int, row scpRow, unit spapi.Unit) error {
	id := wholeCatalogue
	if asin != "" {
		var err error
		if id, err = asins.id(r.c, asin); err != nil {
			return err
		}
	}
	args := make([]any, 0, 10+scpColumns)
	args = append(args, r.period, r.seller, id, string(state), rows, r.slice.FetchedAt,
		r.slice.Report, r.slice.source(), string(unit))
	for _, v := range row.values {
		args = append(args, v)
	}
	_, err := r.c.Exec(insertSCP, append(args, row.currency)...)
	return err
}

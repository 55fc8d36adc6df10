package dashboard

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase/core"

	"halotrack.ai/halotrack/amazon/marketplace"
	"halotrack.ai/halotrack/internal/alerts"
	"halotrack.ai/halotrack/internal/clock"
	"halotrack.ai/halotrack/internal/history"
)

const (
	seriesWeeks   = 26 // shown in sparklines
	baselineWeeks = 13 // "before" sums over as many stored weeks (contract)
)

type point struct {
	Week   string   `json:"week"`
	Own    int64    `json:"own"`
	Market int64    `json:"market"`
	Share  *float64 `json:"share"`
}

type stepShare struct {
	Own    int64    `json:"own"`
	Market int64    `json:"market"`
	Share  *float64 `json:"share"`
	Low    *float64 `json:"low"`
	High   *float64 `json:"high"`
	Before *float64 `json:"before"`
	Series []point  `json:"series"`
}

type spendPoint struct {
	Week   string `json:"week"`
	Micros number `json:"micros"`
	State  string `json:"state"`
}

type spend struct {
	Micros number       `json:"micros"`
	Before number       `json:"before_micros"` // mean of the baseline weeks that have spend
	Series []spendPoint `json:"series"`
}

type adTotals struct {
	Impressions number `json:"impressions"`
	Clicks      number `json:"clicks"`
	Orders      number `json:"orders_7d"`
	Sales       number `json:"sales_7d_micros"`
	// SP are Sponsored Products campaigns, of which alone both are known: their
	// ratio is the ACOS.
	SPSpend number `json:"sp_spend_micros"`
	SPSales number `json:"sp_sales_7d_micros"`
}

type organicTotals struct {
	Clicks    number `json:"clicks"`
	Purchases number `json:"purchases"`
}

type auditSummary struct {
	Week     string            `json:"week"`
	State    string            `json:"state"`
	Computed time.Time         `json:"computed"`
	Findings []json.RawMessage `json:"findings"`
	Hidden   []json.RawMessage `json:"hidden"`
}

type connectionState struct {
	API     string `json:"api"`
	Region  string `json:"region"`
	Status  string `json:"status"`
	Message string `json:"message"`
}

type coverageCount struct {
	Stored    int `json:"stored"`
	Empty     int `json:"empty"`
	Truncated int `json:"truncated"`
	Missing   int `json:"missing"`
}

type dataStatus struct {
	LastSync    *time.Time        `json:"last_sync"`
	Coverage    coverageCount     `json:"coverage"`
	Connections []connectionState `json:"connections"`
}

type overviewBody struct {
	Account struct {
		ID   string `json:"id"`
		Name string `json:"name"`
	} `json:"account"`
	Marketplace *marketplace.Marketplace `json:"marketplace"`
	Currency    string                   `json:"currency"`
	Week        *string                  `json:"week"`
	Weeks       []string                 `json:"weeks"`
	State       string                   `json:"state"`
	Shares      map[string]*stepShare    `json:"shares"`
	Spend       spend                    `json:"spend"`
	Ads         adTotals                 `json:"ads"`
	Organic     organicTotals            `json:"organic"`
	Audit       *auditSummary            `json:"audit"`
	Alerts      alerts.Counts            `json:"alerts"` // of the account, all marketplaces
	Data        dataStatus               `json:"data"`
}

func (d *Dashboard) overview(e *core.RequestEvent, account *core.Record) error {
	week, asked, err := queryWeek(e)
	if err != nil {
		return err
	}
	body := overviewBody{Weeks: []string{}, Shares: map[string]*stepShare{}, Spend: spend{Series: []spendPoint{}}}
	body.Account.ID, body.Account.Name = account.Id, account.GetString("name")
	if body.Data, err = d.dataStatus(account.Id); err != nil {
		return err
	}
	for _, s := range steps {
		body.Shares[s.name] = &stepShare{Series: []point{}}
	}
	id, err := d.marketplace(e, account.Id)
	if err != nil {
		return err
	}
	if body.Alerts, err = alerts.Count(e.App, account.Id, ""); err != nil {
		return err
	}
	if id == "" {
		return e.JSON(http.StatusOK, body)
	}
	m := market(id)
	body.Marketplace, body.Currency = &m, m.Currency
	if err := e.App.DB().Select("week").From("rollups").Where(dbx.HashExp{"account": account.Id, "marketplace": id}).
		OrderBy("week DESC").Column(&body.Weeks); err != nil {
		return fmt.Errorf("list weeks: %w", err)
	}
	upTo := ""
	if asked {
		upTo = week.String()
		if !slices.Contains(body.Weeks, upTo) {
			return e.NotFoundError("This week is not stored.", nil)
		}
	}
	rows, err := rollups(e.App, account.Id, id, upTo, seriesWeeks)
	if err != nil || len(rows) == 0 {
		return firstError(err, e.JSON(http.StatusOK, body))
	}
	fill(&body, rows)
	if body.Audit, err = newestAudit(e.App, account.Id, id, rows[0].Week); err != nil {
		return err
	}
	shown, err := clock.ParseDay(rows[0].Week)
	if err != nil {
		return err
	}
	if body.Data.Coverage, err = d.countCells(e, account.Id, id, shown); err != nil {
		return err
	}
	if err := d.productSpend(e, account.Id, id, shown, &body.Ads); err != nil {
		return err
	}
	return e.JSON(http.StatusOK, body)
}

// productSpend fills in the two sides of the ACOS.
func (d *Dashboard) productSpend(e *core.RequestEvent, account, market string, week clock.Day, out *adTotals) error {
	return d.store.Use(e.Request.Context(), account, func(f *history.Facts) error {
		s, err := f.ProductSpend(e.Request.Context(), market, week)
		out.SPSpend, out.SPSales = known(s.Cost), known(s.Sales7d)
		return err
	})
}

func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// marketplace returns the one asked for, or the one with most weeks; empty
// without any data.
func (d *Dashboard) marketplace(e *core.RequestEvent, account string) (string, error) {
	var ids []string
	err := e.App.DB().Select("marketplace").From("rollups").Where(dbx.HashExp{"account": account}).
		GroupBy("marketplace").OrderBy("COUNT(*) DESC", "marketplace").Column(&ids)
	if err != nil {
		return "", fmt.Errorf("list marketplaces: %w", err)
	}
	if asked := e.Request.URL.Query().Get("marketplace"); asked != "" {
		if !slices.Contains(ids, asked) {
			return "", e.NotFoundError("", nil)
		}
		return asked, nil
	}
	if len(ids) == 0 {
		return "", nil
	}
	return ids[0], nil
}

// fill writes the figures of the newest of rows, which are newest first, and
// the series of all.
func fill(body *overviewBody, rows []rollup) {
	now := &rows[0]
	body.Week, body.State = &now.Week, now.State
	baseline := rows[1:min(len(rows), 1+baselineWeeks)]
	for _, s := range steps {
		out := body.Shares[s.name]
		out.Own, out.Market = s.own(now), s.market(now)
		out.Share = share(out.Own, out.Market)
		var own, market int64
		for i := range baseline {
			own, market = own+s.own(&baseline[i]), market+s.market(&baseline[i])
		}
		out.Before = share(own, market)
		for i := len(rows) - 1; i >= 0; i-- {
			r := &rows[i]
			out.Series = append(out.Series, point{r.Week, s.own(r), s.market(r), share(s.own(r), s.market(r))})
		}
	}
	body.Spend.Micros = nullable(now.Spend)
	var sum, weeks int64
	for i := range baseline {
		if n := nullable(baseline[i].Spend); n != nil {
			sum, weeks = sum+*n, weeks+1
		}
	}
	if weeks > 0 {
		mean := sum / weeks
		body.Spend.Before = &mean
	}
	for i := len(rows) - 1; i >= 0; i-- {
		body.Spend.Series = append(body.Spend.Series, spendPoint{rows[i].Week, nullable(rows[i].Spend), rows[i].State})
	}
	body.Ads = adTotals{Impressions: nullable(now.AdImpr), Clicks: nullable(now.AdClicks), Orders: nullable(now.AdOrders), Sales: nullable(now.AdSales)}
	body.Organic = organicTotals{nullable(now.OrgClicks), nullable(now.OrgPurchases)}
}

func (d *Dashboard) dataStatus(account string) (dataStatus, error) {
	status := dataStatus{Connections: []connectionState{}}
	records, err := d.app.FindRecordsByFilter("connections", "account = {:account} && status != 'disconnected'", "api,region,created", 0, 0, dbx.Params{"account": account})
	if err != nil {
		return status, fmt.Errorf("list connections: %w", err)
	}
	for _, r := range records {
		status.Connections = append(status.Connections, connectionState{r.GetString("api"), r.GetString("region"), r.GetString("status"), r.GetString("status_text")})
		if at := r.GetDateTime("last_sync").Time(); !at.IsZero() && (status.LastSync == nil || at.After(*status.LastSync)) {
			status.LastSync = &at
		}
	}
	return status, nil
}

// countCells counts the cells of the week's search data: an ASIN that Amazon
// knows and that has no answer is missing.
func (d *Dashboard) countCells(e *core.RequestEvent, account, market string, week clock.Day) (count coverageCount, err error) {
	err = d.store.Use(e.Request.Context(), account, func(f *history.Facts) error {
		cells, err := f.SQPCoverage(e.Request.Context(), market, history.Week, week, week)
		if err != nil {
			return err
		}
		answered := map[string]bool{}
		sellers := map[string]bool{}
		for _, c := range cells {
			sellers[c.Seller] = true
			switch c.State {
			case history.Complete:
				count.Stored++
			case history.Truncated:
				count.Truncated++
			case history.Empty:
				count.Empty++
			default:
				count.Missing++
			}
			answered[c.ASIN] = true
		}
		for seller := range sellers {
			asins, err := f.ASINs(e.Request.Context(), seller, market)
			if err != nil {
				return err
			}
			for _, asin := range asins {
				if !answered[asin] {
					count.Missing++
				}
			}
		}
		return nil
	})
	if err != nil {
		return count, fmt.Errorf("read coverage: %w", err)
	}
	return count, nil
}

package portfolio

import (
	"fmt"
	"math"
	"slices"

	"github.com/pocketbase/pocketbase/core"

	"halotrack.ai/halotrack/amazon/marketplace"
)

// Metric is a weekly figure of a marketplace that a threshold holds.
type Metric string

// The metrics. Shares and ACOS are fractions, spend is whole units of the
// marketplace's currency.
const (
	ImpressionShare Metric = "impression_share"
	ClickShare      Metric = "click_share"
	CartAddShare    Metric = "cart_add_share"
	PurchaseShare   Metric = "purchase_share"
	ACOS            Metric = "acos"
	Spend           Metric = "spend"
)

var metrics = []Metric{ImpressionShare, ClickShare, CartAddShare, PurchaseShare, ACOS, Spend}

// Direction is on which side of its value a threshold is crossed.
type Direction string

// The directions.
const (
	Above Direction = "above"
	Below Direction = "below"
)

// Threshold is a line that a person drew: crossing it is told, though no
// statistics protect it from chance.
type Threshold struct {
	ID          string
	Marketplace string // empty: each on its own
	Metric      Metric
	Direction   Direction
	Value       float64
	On          bool
}

const maxThresholds = 100

// Thresholds lists an account's thresholds, those that are off among them.
func Thresholds(app core.App, account string) ([]Threshold, error) {
	var rows []struct {
		ID          string  `db:"id"`
		Marketplace string  `db:"marketplace"`
		Metric      string  `db:"metric"`
		Direction   string  `db:"direction"`
		Value       float64 `db:"value"`
		On          bool    `db:"on"`
	}
	if err := ofAccount(app, "thresholds", account).OrderBy("metric", "direction", "marketplace", "id").All(&rows); err != nil {
		return nil, fmt.Errorf("read the thresholds: %w", err)
	}
	list := make([]Threshold, 0, len(rows))
	for _, r := range rows {
		list = append(list, Threshold{r.ID, r.Marketplace, Metric(r.Metric), Direction(r.Direction), r.Value, r.On})
	}
	return list, nil
}

// Clean returns the threshold as it is stored, or a Refusal.
func (t Threshold) Clean() (Threshold, error) {
	if t.Marketplace != "" {
		if _, ok := marketplace.ByID(t.Marketplace); !ok {
			return t, refuse("There is no marketplace %q.", shown(t.Marketplace))
		}
	}
	switch {
	case !slices.Contains(metrics, t.Metric):
		return t, refuse("A threshold holds one of impression_share, click_share, cart_add_share, purchase_share, acos and spend.")
	case t.Direction != Above && t.Direction != Below:
		return t, refuse("A threshold is crossed above or below its value.")
	case math.IsNaN(t.Value) || t.Value < 0:
		return t, refuse("A threshold's value is not negative.")
	case t.Metric == Spend && t.Marketplace == "":
		return t, refuse("Spend is money of one marketplace: say which.")
	case t.Metric == Spend && t.Value > 1e9, t.Metric == ACOS && t.Value > 100:
		return t, refuse("That value is beyond what can happen.")
	case t.Metric != Spend && t.Metric != ACOS && t.Value > 1:
		return t, refuse("A share lies between 0 and 1, that is 0 %% and 100 %%.")
	}
	return t, nil
}

// SaveThreshold writes a new threshold, or over the one with its id. ok is false
// where the account has none such. What is wrong is a Refusal.
func SaveThreshold(app core.App, account string, t Threshold) (saved Threshold, ok bool, err error) {
	r, ok, err := editable(app, "thresholds", account, t.ID, maxThresholds)
	if err != nil || !ok {
		return t, ok, err
	}
	if t, err = t.Clean(); err != nil {
		return t, true, err
	}
	r.Set("marketplace", t.Marketplace)
	r.Set("metric", string(t.Metric))
	r.Set("direction", string(t.Direction))
	r.Set("value", t.Value)
	r.Set("on", t.On)
	if err := app.Save(r); err != nil {
		return t, true, fmt.Errorf("save the threshold: %w", err)
	}
	t.ID = r.Id
	return t, true, nil
}

// DeleteThreshold removes one; ok is false where the account has none such.
func DeleteThreshold(app core.App, account, id string) (ok bool, err error) {
	r, err := find(app, "thresholds", account, id)
	if err != nil || r == nil {
		return false, err
	}
	return true, app.Delete(r)
}

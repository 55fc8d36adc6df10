package portfolio

import (
	"net/http"

	"github.com/pocketbase/pocketbase/core"

	"halotrack.ai/halotrack/internal/jsonbody"
	"halotrack.ai/halotrack/internal/portfolio"
)

// thresholdBody is a threshold in JSON.
type thresholdBody struct {
	ID          string  `json:"id"`
	Marketplace string  `json:"marketplace"` // empty: each
	Metric      string  `json:"metric"`
	Direction   string  `json:"direction"`
	Value       float64 `json:"value"`
	On          bool    `json:"on"`
}

func thresholdOf(t portfolio.Threshold) thresholdBody {
	return thresholdBody{t.ID, t.Marketplace, string(t.Metric), string(t.Direction), t.Value, t.On}
}

func (p *Portfolio) thresholds(e *core.RequestEvent, account *core.Record) error {
	list, err := portfolio.Thresholds(e.App, account.Id)
	if err != nil {
		return err
	}
	items := []thresholdBody{}
	for _, t := range list {
		items = append(items, thresholdOf(t))
	}
	return e.JSON(http.StatusOK, map[string]any{"items": items, "nextCursor": nil})
}

// saveThreshold makes a threshold, or replaces the path's.
func (p *Portfolio) saveThreshold(e *core.RequestEvent, account *core.Record) error {
	id, err := existing(e, account, "thresholds", "threshold")
	if err != nil {
		return err
	}
	var in struct {
		Marketplace string  `json:"marketplace"`
		Metric      string  `json:"metric"`
		Direction   string  `json:"direction"`
		Value       float64 `json:"value"`
		On          bool    `json:"on"`
	}
	if err := jsonbody.Read(e, &in); err != nil {
		return err
	}
	var saved portfolio.Threshold
	err = p.change(e, account.Id, func(tx core.App) (_ portfolio.Effect, ok bool, err error) {
		saved, ok, err = portfolio.SaveThreshold(tx, account.Id, portfolio.Threshold{
			ID: id, Marketplace: in.Marketplace, Metric: portfolio.Metric(in.Metric), Direction: portfolio.Direction(in.Direction), Value: in.Value, On: in.On,
		})
		return portfolio.Effect{}, ok, err
	})
	if err != nil {
		return err
	}
	return e.JSON(http.StatusOK, thresholdOf(saved))
}

func (p *Portfolio) deleteThreshold(e *core.RequestEvent, account *core.Record) error {
	err := p.change(e, account.Id, func(tx core.App) (portfolio.Effect, bool, error) {
		ok, err := portfolio.DeleteThreshold(tx, account.Id, e.Request.PathValue("threshold"))
		return portfolio.Effect{}, ok, err
	})
	if err != nil {
		return err
	}
	return done(e)
}

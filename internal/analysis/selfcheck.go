package analysis

import (
	"fmt"
	"math"
)

// CalibrationVersion is that of CalibrationReport's shape.
const CalibrationVersion = 1

// CheckWeeks is how many of the newest scored weeks the self-check looks at.
const CheckWeeks = maxCheckWeeks

// CalibrationReport tells how the share-change detector has behaved on one
// marketplace's own past weeks.
type CalibrationReport struct {
	Version     int    `json:"version"`
	Marketplace string `json:"marketplace"`
	From        string `json:"from"`    // first scored week looked at
	Through     string `json:"through"` // the newest
	Weeks       int    `json:"weeks"`   // scored, at most CheckWeeks
	// Expected is the most that the shares Fired and Conformal should be if
	// nothing had ever changed: the false discovery rate.
	Expected float64 `json:"expected"`
	// Fired is the share of scans (one step of one week) that found a drop,
	// Conformal that which would have if each score were judged by its rank among the
	// other weeks' scores, and Calibrated whether at no step more scores lie far
	// out than theory has it. Null while no step has weeks enough; Text says so.
	Fired      *float64          `json:"fired"`
	Conformal  *float64          `json:"conformal"`
	Calibrated *bool             `json:"calibrated"`
	Steps      []StepCalibration `json:"steps"`
	Text       string            `json:"text"`
}

// StepCalibration is the check of one step of the funnel.
type StepCalibration struct {
	Step string `json:"step"`
	Calibration
}

// CheckItself checks the detector on the scores of past weeks, given by step
// and, oldest first, by week, those of weeks named from to through.
func CheckItself(marketplace, from, through string, weeks int, past [4][][]PastScore) CalibrationReport {
	r := CalibrationReport{Version: CalibrationVersion, Marketplace: marketplace, From: from, Through: through, Weeks: weeks, Expected: defaultFDR, Steps: []StepCalibration{}}
	fired, conformal, scans := 0., 0., 0.
	calibrated := true
	for _, step := range Steps {
		c, ok := SelfCheck(past[step])
		if !ok {
			continue
		}
		n := float64(c.Weeks)
		fired, conformal, scans = fired+n*c.Fired, conformal+n*c.Conformal, scans+n
		calibrated = calibrated && c.Calibrated
		r.Steps = append(r.Steps, StepCalibration{step.String(), c})
	}
	if scans == 0 {
		r.Text = fmt.Sprintf("The alert engine cannot be checked on your own past yet: %s with tested terms, and it takes %d at one step of the funnel at least.",
			counted(int64(weeks), "audited week is stored", "audited weeks are stored"), minCheckWeeks)
		return r
	}
	fired, conformal = fired/scans, conformal/scans
	r.Fired, r.Conformal, r.Calibrated = &fired, &conformal, &calibrated
	// Two standard errors of a share around what is expected are chance.
	most := r.Expected + 2*math.Sqrt(r.Expected*(1-r.Expected)/scans)
	verdict := "Alert engine calibrated"
	switch {
	case !calibrated:
		verdict = "Alert engine to be read with care: your terms move further than its theory has it"
	case conformal > most:
		verdict = "Alert engine calibrated, in an eventful past"
	}
	r.Text = fmt.Sprintf("%s: %s of the scans of %s would have fired, judged by your own other weeks; with nothing changed at most %s would. It found a drop in %s, real ones included.",
		verdict, percent1(conformal), counted(int64(weeks), "past week", "past weeks"), percent1(r.Expected), percent1(fired))
	return r
}

func percent1(share float64) string { return fmt.Sprintf("%.1f%%", 100*share) }

package history

import (
	"halotrack.ai/halotrack/internal/database"
)

// Integers by which joined rows store their words.
const (
	levelBrand  int64 = 0
	levelParent int64 = 1
	levelASIN   int64 = 2

	splitMeasured int64 = 0
	splitModelled int64 = 1
	splitUnknown  int64 = 2
)

var (
	levels  = [...]Level{Brand, Parent, ASIN}
	classes = [...]Class{BrandTerm, CompetitorTerm, GenericTerm}
	splits  = [...]Split{Measured, Modelled, Unknown}
	states  = [...]State{Provisional, Settled, Final, ""}
)

func classCode(c Class) int64 {
	for i, known := range classes {
		if c == known {
			return int64(i)
		}
	}
	return int64(len(classes) - 1)
}

func stateCode(s State) int64 {
	for i, known := range states {
		if s == known {
			return int64(i)
		}
	}
	return int64(len(states) - 1)
}

const selectText = `SELECT text FROM terms WHERE id = ?1`

func termText(c *database.Conn, id int64) (text string, err error) {
	err = c.Query(selectText, func(r database.Row) error { text = r.Text(0); return nil }, id)
	return text, err
}

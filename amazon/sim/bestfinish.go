package sim

import (
	"time"

	"halotrack.ai/halotrack/amazon/marketplace"
)

// Ask is a number of reports of one kind that someone wants of a seller.
type Ask struct {
	Account     string
	Marketplace string // id; it says the region too
	SCP, SQP    int
}

// BestFinish returns when everything could be downloaded at the earliest, over
// all and by account, if it is asked for from now on in the best order: the
// catalogue report of a marketplace first, its query reports once that is
// downloaded, within the request, document and daily quotas as they stand, each
// seller's reports of one type processed one after another. Scenarios, polling
// and reports still unfinished for other reasons than the queue are left out.
func (s *Sim) BestFinish(from time.Time, asks []Ask) (finish time.Time, byAccount map[string]time.Time) {
	return from, nil
}

var _ marketplace.Region

package ads

import (
	"fmt"
	"io"
)

// Rows receives the rows of a document: the function of the report's grain is
// called, which must not be nil. The row is reused between calls.
type Rows struct {
	Terms     func(*TermRow) error
	Campaigns func(*CampaignRow) error
	Products  func(*ProductRow) error
}

// Decode streams the rows of a report's document from plain JSON (see Plain) to
// the function for its grain; the rules are those of DecodeTerms.
func (c *Client) Decode(text io.Reader, spec ReportSpec, rows Rows) (Summary, error) {
	switch spec.Type.Grain() {
	case ByTerm:
		return DecodeTerms(text, spec, rows.Terms)
	case ByCampaign:
		return DecodeCampaigns(text, spec, rows.Campaigns)
	case ByProduct:
		return DecodeProducts(text, spec, rows.Products)
	}
	return Summary{}, fmt.Errorf("report type %q is never asked for", spec.Type)
}

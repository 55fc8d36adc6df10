package marketplace

import (
	"slices"
	"testing"
	"time"
	_ "time/tzdata"
)

func TestEveryMarketplaceIsWhole(t *testing.T) {
	seen := map[string]bool{}
	for _, m := range All {
		if found, ok := ByID(m.ID); !ok || found != m {
			t.Errorf("%s: ByID finds %v", m.ID, found)
		}
		if found, ok := ByCountry(m.Country); !ok || found != m {
			t.Errorf("%s: ByCountry finds %v", m.Country, found)
		}
		if seen[m.ID] || len(m.Country) != 2 || len(m.Currency) != 3 || m.Name == "" || !slices.Contains(Regions, m.Region) {
			t.Errorf("%+v is twice there or not whole", m)
		}
		if _, err := time.LoadLocation(m.Zone); err != nil {
			t.Errorf("%s: %v", m.Country, err)
		}
		seen[m.ID] = true
	}
	if m, ok := ByCountry("UK"); !ok || m.Country != "GB" {
		t.Errorf("UK, as the Ads API says, is %v", m)
	}
	if _, ok := ByID("A1MQXOICRS2Z7M"); ok { // one of Amazon's that sells nothing
		t.Error("an unknown marketplace is found")
	}
}

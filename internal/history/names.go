package history

import (
	"time"

	"halotrack.ai/halotrack/amazon/ads"
	"halotrack.ai/halotrack/internal/database"
)

// names is the dictionary of one profile's campaigns, ad groups and keywords
// during one import. Ids belong to the profile; names are those of the newest
// fetch (adsapi.md trap 32).
type names struct {
	c         *database.Conn
	profile   int64
	at        time.Time
	terms     *termWriter
	campaigns map[int64]int64
	groups    map[groupKey]int64
	keywords  map[keywordKey]int64
	products  map[productKey]int64
}

type (
	groupKey   struct{ campaign, group int64 }
	keywordKey struct{ campaign, group, keyword int64 }
	productKey struct {
		campaign, group, ad int64
		asin, sku           string
	}
)

// namesKept bounds the memory of each map; what was forgotten is looked up
// again.
const namesKept = 32 << 10

func newNames(c *database.Conn, profile int64, at time.Time) *names {
	return &names{
		c: c, profile: profile, at: at, campaigns: map[int64]int64{}, groups: map[groupKey]int64{},
		keywords: map[keywordKey]int64{}, products: map[productKey]int64{},
	}
}

const (
	selectCampaign = `SELECT id, name = ?3 AND (status = ?4 OR ?4 = '') OR named_at > ?5 FROM ad_campaigns WHERE profile = ?1 AND campaign = ?2`
	insertCampaign = `INSERT INTO ad_campaigns (profile, campaign, name, status, named_at) VALUES (?1, ?2, ?3, ?4, ?5)`
	renameCampaign = `UPDATE ad_campaigns SET name = ?2, status = CASE ?3 WHEN '' THEN status ELSE ?3 END, named_at = ?4 WHERE id = ?1`
	selectGroup    = `SELECT id, name = ?3 OR named_at > ?4 FROM ad_groups WHERE campaign = ?1 AND ad_group = ?2`
	insertGroup    = `INSERT INTO ad_groups (campaign, ad_group, name, named_at) VALUES (?1, ?2, ?3, ?4)`
	renameGroup    = `UPDATE ad_groups SET name = ?2, named_at = ?3 WHERE id = ?1`
	selectKeyword  = `SELECT id, text = ?3 AND match_type = ?4 OR named_at > ?5 FROM ad_keywords WHERE ad_group = ?1 AND keyword = ?2`
	insertKeyword  = `INSERT INTO ad_keywords (ad_group, keyword, text, match_type, named_at) VALUES (?1, ?2, ?3, ?4, ?5)`
	renameKeyword  = `UPDATE ad_keywords SET text = ?2, match_type = ?3, named_at = ?4 WHERE id = ?1`
	selectProduct  = `SELECT id, 1 FROM ad_products WHERE ad_group = ?1 AND ad = ?2 AND asin = ?3 AND sku = ?4`
	insertProduct  = `INSERT INTO ad_products (ad_group, ad, asin, sku) VALUES (?1, ?2, ?3, ?4)`
)

func (n *names) campaign(id int64, name, status string) (int64, error) {
	if ref, ok := n.campaigns[id]; ok {
		return ref, nil
	}
	ref, current, err := n.find(selectCampaign, n.profile, id, name, status, n.at)
	switch {
	case err != nil:
	case ref == 0:
		ref, err = n.c.Insert(insertCampaign, n.profile, id, name, status, n.at)
	case !current:
		_, err = n.c.Exec(renameCampaign, ref, name, status, n.at)
	}
	return keep(n.campaigns, id, ref, err)
}

// group finds an ad group by Amazon's ids; campaign finds or makes its
// campaign.
func (n *names) group(key groupKey, name string, campaign func() (int64, error)) (int64, error) {
	if ref, ok := n.groups[key]; ok {
		return ref, nil
	}
	parent, err := campaign()
	if err != nil {
		return 0, err
	}
	ref, current, err := n.find(selectGroup, parent, key.group, name, n.at)
	switch {
	case err != nil:
	case ref == 0:
		ref, err = n.c.Insert(insertGroup, parent, key.group, name, n.at)
	case !current:
		_, err = n.c.Exec(renameGroup, ref, name, n.at)
	}
	return keep(n.groups, key, ref, err)
}

// keyword covers targets too, and the 0 of rows that have neither
// (adsapi.md trap 33).
func (n *names) keyword(row *ads.TermRow) (int64, error) {
	key := keywordKey{row.CampaignID, row.AdGroupID, row.KeywordID}
	if ref, ok := n.keywords[key]; ok {
		return ref, nil
	}
	group, err := n.group(groupKey{row.CampaignID, row.AdGroupID}, row.AdGroup, func() (int64, error) {
		return n.campaign(row.CampaignID, row.Campaign, row.CampaignStatus)
	})
	if err != nil {
		return 0, err
	}
	text, held, err := n.keywordText(row)
	if err != nil {
		return 0, err
	}
	ref, current, err := n.find(selectKeyword, group, row.KeywordID, text, row.MatchType, n.at)
	switch {
	case err != nil:
	case ref == 0:
		ref, err = n.c.Insert(insertKeyword, group, row.KeywordID, text, row.MatchType, n.at)
	case !current:
		if _, err = n.c.Exec(renameKeyword, ref, text, row.MatchType, n.at); err == nil {
			err = n.freeKeyword(ref)
		}
	}
	if err == nil && held != nil && !held.deleted {
		_, err = n.c.Exec(insertHeldWord, ref, held.entry)
	}
	return keep(n.keywords, key, ref, err)
}

// product is an ad with what it shows; ASIN and SKU may be missing.
func (n *names) product(row *ads.ProductRow) (int64, error) {
	key := productKey{row.CampaignID, row.AdGroupID, row.AdID, row.ASIN, row.SKU}
	if ref, ok := n.products[key]; ok {
		return ref, nil
	}
	group, err := n.group(groupKey{row.CampaignID, row.AdGroupID}, row.AdGroup, func() (int64, error) {
		return n.campaign(row.CampaignID, row.Campaign, row.CampaignStatus)
	})
	if err != nil {
		return 0, err
	}
	var asin int64
	if row.ASIN != "" {
		if asin, err = asins.id(n.c, row.ASIN); err != nil {
			return 0, err
		}
	}
	ref, _, err := n.find(selectProduct, group, row.AdID, asin, row.SKU)
	if err == nil && ref == 0 {
		ref, err = n.c.Insert(insertProduct, group, row.AdID, asin, row.SKU)
	}
	return keep(n.products, key, ref, err)
}

func (n *names) find(query string, args ...any) (ref int64, current bool, err error) {
	err = n.c.Query(query, func(r database.Row) error {
		ref, current = r.Int(0), r.Bool(1)
		return nil
	}, args...)
	return ref, current, err
}

func keep[K comparable](m map[K]int64, key K, ref int64, err error) (int64, error) {
	if err != nil {
		return 0, err
	}
	if len(m) >= namesKept {
		clear(m)
	}
	m[key] = ref
	return ref, nil
}

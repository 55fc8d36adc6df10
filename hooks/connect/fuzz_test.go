package connect

import (
	"net/url"
	"strings"
	"testing"

	"halotrack.ai/halotrack/internal/grants"
)

// FuzzConsented holds the callbacks' addresses to: no code or seller id that is
// empty, endless or could end a line, a form field or an address.
func FuzzConsented(f *testing.F) {
	f.Add("state=s&code=ANBzdjDEhkFmHVQFAEpx&scope=advertising%3A%3Acampaign_management")
	f.Add("state=s&spapi_oauth_code=ANBz&selling_partner_id=A2SELLER&mws_auth_token=x")
	f.Add("error=access_denied&error_description=x")
	f.Add("code=a%0Ab&spapi_oauth_code=a%26grant_type%3Dx&selling_partner_id=../x")
	f.Fuzz(func(t *testing.T, raw string) {
		query, _ := url.ParseQuery(raw) // what can be read of it, as the server does
		for _, api := range []string{grants.APISeller, grants.APIAds} {
			code, seller, wrong := consented(api, query)
			switch wrong {
			case "":
			case "denied", "answer":
				if code+seller != "" {
					t.Fatalf("%s, and %q %q", wrong, code, seller)
				}
				continue
			default:
				t.Fatalf("%q goes into an address", wrong)
			}
			if code == "" || len(code) > 2048 || len(seller) > 64 || (seller == "") != (api == grants.APIAds) {
				t.Fatalf("%q %q", code, seller)
			}
			if strings.ContainsFunc(code+seller, func(r rune) bool { return r <= ' ' || r > '~' || strings.ContainsRune(`&?#%"'<>\;,:`, r) }) {
				t.Fatalf("%q %q", code, seller)
			}
		}
	})
}

// FuzzPasted holds a pasted grant to: secrets of printable letters, and an
// answer to the person that repeats none of them.
func FuzzPasted(f *testing.F) {
	f.Add("na", "A2SELLERX00001", "Atzr|abc", "", "", "amzn1.app")
	f.Add("eu", "A2SELLERX00001", "Atzr|a\nb", "amzn1.x-client", "secret\x00", "")
	f.Add("", "", "Atza|x", "id", "", "")
	f.Fuzz(func(t *testing.T, region, seller, refresh, id, secret, app string) {
		for _, api := range []string{grants.APISeller, grants.APIAds} {
			p := pasted{Region: region, SellerID: seller, RefreshToken: refresh, ClientID: id, ClientSecret: secret}
			wrong := p.wrong(api, app)
			if wrong == "" {
				if strings.ContainsFunc(refresh+id+secret, func(r rune) bool { return r <= ' ' || r > '~' }) || len(refresh)+len(id)+len(secret) > 9000 || id == "" && app == "" || api == grants.APISeller && len(seller) > 20 {
					t.Fatalf("%+v is accepted", p)
				}
				continue
			}
			for _, given := range []string{refresh, secret} {
				if len(given) > 20 && strings.Contains(wrong, given) && !strings.Contains("Choose the region of the token The seller id is the Merchant Token", given) {
					t.Fatalf("%q is repeated", given)
				}
			}
		}
	})
}

package grants

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/pocketbase/pocketbase/core"

	"halotrack.ai/halotrack/internal/clock"
	"halotrack.ai/halotrack/internal/testapp"
	"halotrack.ai/halotrack/internal/vault"
)

// rig is an account and an Amazon that answers as reach says.
type rig struct {
	t       *testing.T
	app     core.App
	vault   *vault.Vault
	account string
	reach   func(r *core.Record) error
	ended   []string
	*Keeper
}

func newRig(t *testing.T) *rig {
	t.Helper()
	r := &rig{t: t, app: testapp.New(t)}
	now := clock.NewManual(time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC))
	key, err := vault.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	if r.vault, err = vault.Open(r.app, key, now); err != nil {
		t.Fatal(err)
	}
	accounts, err := r.app.FindCollectionByNameOrId("accounts")
	if err != nil {
		t.Fatal(err)
	}
	account := core.NewRecord(accounts)
	account.Set("name", "Velmora")
	account.Set("kind", "business")
	if err := r.app.Save(account); err != nil {
		t.Fatal(err)
	}
	if err := r.vault.CreateAccount(t.Context(), account.Id); err != nil {
		t.Fatal(err)
	}
	r.account = account.Id
	r.Keeper = New(Config{App: r.app, Vault: r.vault, Clock: now,
		Discover: func(_ context.Context, connection string) error {
			record, err := r.app.FindRecordById("connections", connection)
			if err != nil {
				return err
			}
			if err := r.reach(record); err != nil {
				return err
			}
			return r.app.Save(record)
		},
		Ended: func(id string) { r.ended = append(r.ended, id) }})
	return r
}

func (r *rig) connect(q Request, reach func(*core.Record) error) (string, error) {
	r.reach = reach
	q.Account, q.RefreshToken, q.Actor, q.Method = r.account, "Atzr|"+q.SellerID, "cli", MethodToken
	return r.Connect(r.t.Context(), q)
}

func (r *rig) must(q Request, reach func(*core.Record) error) string {
	r.t.Helper()
	id, err := r.connect(q, reach)
	if err != nil {
		r.t.Fatal(err)
	}
	return id
}

func (r *rig) status(id string) string {
	r.t.Helper()
	record, err := r.app.FindRecordById("connections", id)
	if err != nil {
		return "none"
	}
	exists, err := r.vault.Exists(r.t.Context(), RefreshToken(r.account, id))
	if err != nil || exists == (record.GetString("status") == StatusDisconnected) {
		r.t.Errorf("connection %s is %s and its credential exists: %v (%v)", id, record.GetString("status"), exists, err)
	}
	return record.GetString("status")
}

func sees(profiles ...AdProfile) func(*core.Record) error {
	return func(r *core.Record) error { r.Set("profiles", profiles); return nil }
}

func nothing(*core.Record) error { return nil }

func TestARefusedGrantLeavesNothing(t *testing.T) {
	r, refused := newRig(t), errors.New("no")
	old := r.must(Request{API: APISeller, Region: "na", SellerID: "A1"}, nothing)
	_, err := r.connect(Request{API: APISeller, Region: "na", SellerID: "A1", ClientID: "own", ClientSecret: "s"}, func(*core.Record) error { return refused })
	if !errors.Is(err, ErrRefused) || !errors.Is(err, refused) {
		t.Fatalf("%v", err)
	}
	records, err := r.app.FindAllRecords("connections")
	if err != nil || len(records) != 1 || r.status(old) != StatusActive {
		t.Errorf("%d connections, the older is %s (%v)", len(records), r.status(old), err)
	}
	var secrets int
	if err := r.app.DB().Select("count(*)").From("vault_secrets").Row(&secrets); err != nil || secrets != 1 {
		t.Errorf("%d secrets (%v)", secrets, err)
	}
}

func TestANewerGrantReplacesWhatItCovers(t *testing.T) {
	r := newRig(t)
	na := r.must(Request{API: APISeller, Region: "na", SellerID: "A1"}, nothing)
	eu := r.must(Request{API: APISeller, Region: "eu", SellerID: "A1"}, nothing)
	other := r.must(Request{API: APISeller, Region: "na", SellerID: "A2"}, nothing)
	again := r.must(Request{API: APISeller, Region: "na", SellerID: "A1"}, nothing)
	for id, want := range map[string]string{na: StatusDisconnected, eu: StatusActive, other: StatusActive, again: StatusActive} {
		if got := r.status(id); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
	one := AdProfile{ID: 1, Type: "seller", Tracked: true}
	two := AdProfile{ID: 2, Type: "seller", Tracked: true}
	left := one
	left.Tracked = false // by a person
	narrow := r.must(Request{API: APIAds}, sees(left))
	apart := r.must(Request{API: APIAds}, sees(AdProfile{ID: 3, Type: "seller"}))
	wide := r.must(Request{API: APIAds}, sees(one, two))
	if r.status(narrow) != StatusDisconnected || r.status(apart) != StatusActive || r.status(wide) != StatusActive {
		t.Errorf("narrow %s, apart %s, wide %s", r.status(narrow), r.status(apart), r.status(wide))
	}
	record, err := r.app.FindRecordById("connections", wide)
	if err != nil {
		t.Fatal(err)
	}
	if profiles, err := Profiles(record); err != nil || profiles[0].Tracked || !profiles[1].Tracked {
		t.Errorf("what was chosen is lost: %+v (%v)", profiles, err)
	}
	if !slices.Equal(r.ended, []string{na, narrow}) {
		t.Errorf("ended: %v", r.ended)
	}
}

func TestDisconnectDestroysTheCredential(t *testing.T) {
	r := newRig(t)
	id := r.must(Request{API: APISeller, Region: "na", SellerID: "A1", ClientID: "own", ClientSecret: "s"}, nothing)
	for range 2 {
		if err := r.Disconnect(t.Context(), id, "user:u"); err != nil {
			t.Fatal(err)
		}
	}
	if r.status(id) != StatusDisconnected {
		t.Error("it goes on")
	}
	if exists, err := r.vault.Exists(t.Context(), ClientSecret(r.account, id)); err != nil || exists {
		t.Errorf("the application's secret is still there (%v)", err)
	}
}

func TestMismatches(t *testing.T) {
	app := testapp.New(t)
	collection, err := app.FindCollectionByNameOrId("connections")
	if err != nil {
		t.Fatal(err)
	}
	seller := func(id, region, seller, status string) *core.Record {
		r := core.NewRecord(collection)
		r.Id = id
		for field, value := range map[string]any{"api": APISeller, "region": region, "seller_id": seller, "status": status} {
			r.Set(field, value)
		}
		return r
	}
	ads := func(id, status string, profiles ...AdProfile) *core.Record {
		r := core.NewRecord(collection)
		r.Id = id
		r.Set("api", APIAds)
		r.Set("status", status)
		r.Set("profiles", profiles)
		return r
	}
	na := func(id string) AdProfile { return AdProfile{SellerID: id, Type: "seller", Region: "na"} }
	for _, c := range []struct {
		name        string
		connections []*core.Record
		want        []string
	}{
		{"one alone", []*core.Record{seller("s", "na", "A1", "active")}, nil},
		{"agreeing", []*core.Record{seller("s", "na", "A1", "active"), ads("a", "active", na("A9"), na("A1"))}, nil},
		{"disagreeing", []*core.Record{seller("s", "na", "A1", "active"), ads("a", "active", na("A2"))}, []string{"a", "s"}},
		{"other region", []*core.Record{seller("s", "eu", "A1", "active"), ads("a", "active", na("A2"))}, nil},
		{"vendors have other ids", []*core.Record{seller("s", "na", "A1", "active"), ads("a", "active", AdProfile{SellerID: "ENTITY1", Type: "vendor", Region: "na"})}, nil},
		{"ended", []*core.Record{seller("s", "na", "A1", "disconnected"), ads("a", "active", na("A2"))}, nil},
		{"another grant knows it", []*core.Record{seller("s", "na", "A1", "active"), ads("a", "active", na("A2")), ads("b", "active", na("A1"))}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := Mismatches(c.connections)
			if err != nil {
				t.Fatal(err)
			}
			var ids []string
			for id := range got {
				ids = append(ids, id)
			}
			slices.Sort(ids)
			if !slices.Equal(ids, c.want) {
				t.Errorf("%v, want %v", got, c.want)
			}
		})
	}
}

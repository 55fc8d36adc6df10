package cli

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/pocketbase/dbx"

	"halotrack.ai/halotrack/amazon/sim"
	"halotrack.ai/halotrack/internal/access"
	"halotrack.ai/halotrack/internal/history"
	"halotrack.ai/halotrack/internal/membership"
	"halotrack.ai/halotrack/internal/portfolio"
	"halotrack.ai/halotrack/jobs/ingest"
)

// rememberWorld keeps beside the data folder which world its data are of, and
// takes it from there at a later start. fresh says that the folder is empty.
func (p *Program) rememberWorld(w *demoWorld, changed func(string) bool) (fresh bool, err error) {
	path := strings.TrimSuffix(p.dir, "/") + ".world.json"
	_, dataErr := os.Stat(filepath.Join(p.dir, "data.db"))
	b, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		if dataErr == nil {
			return false, usageError{fmt.Errorf("%s was not made by the demo (there is no %s); choose another --dir", p.dir, path)}
		}
		if b, err = json.Marshal(w); err != nil {
			return false, err
		}
		return true, os.WriteFile(path, append(b, '\n'), 0o600)
	}
	if err != nil {
		return false, fmt.Errorf("read the demo's world: %w", err)
	}
	var kept demoWorld
	if err := json.Unmarshal(b, &kept); err != nil {
		return false, fmt.Errorf("read the demo's world in %s: %w", path, err)
	}
	for name, differs := range map[string]bool{"weeks": kept.Weeks != w.Weeks, "asins": kept.ASINs != w.ASINs, "seed": kept.Seed != w.Seed} {
		if differs && changed(name) {
			return false, usageError{fmt.Errorf("%s holds a demo with another --%s (%s); remove both, or choose another --dir", p.dir, name, path)}
		}
	}
	*w = kept
	return dataErr != nil, nil
}

// demoSetup is who and what the demo made.
type demoSetup struct {
	login, operator demoLogin
	clients         []string // account ids
}

const (
	demoAgency   = "Lanternfish Agency"
	demoUser     = "analyst@lanternfish.example"
	demoOperator = "operator@halotrack.example"
)

// demoPeople makes the operator, the agency and its clients and connects them,
// or finds them in a folder that has them. The passwords are new at each start
// and stand nowhere but on the screen.
func (a *appliance) demoPeople(ctx context.Context, amazon *sim.Sim) (s demoSetup, err error) {
	if s.operator, err = a.demoPerson(demoOperator, "Demo Operator", []string{"triage", "privacy", "security"}); err != nil {
		return s, err
	}
	if s.login, err = a.demoPerson(demoUser, "Demo Analyst", []string{}); err != nil {
		return s, err
	}
	agency, err := findOrMakeAccount(ctx, a.App, a.Vault, demoAgency, "agency", "")
	if err != nil {
		return s, err
	}
	user, err := a.App.FindAuthRecordByEmail("users", demoUser)
	if err != nil {
		return s, err
	}
	if err := membership.Enrol(a.App, agency.Id, user.Id, access.Owner); err != nil {
		return s, err
	}
	world := amazon.World()
	for _, name := range world.Accounts() {
		client, err := findOrMakeAccount(ctx, a.App, a.Vault, name, "business", agency.Id)
		if err != nil {
			return s, err
		}
		if err := a.demoPortfolio(client, portfolio.Words{Brand: world.BrandWords(name), Competitor: world.CompetitorWords(name)}, world.Products(name)); err != nil {
			return s, fmt.Errorf("describe the products of %s: %w", name, err)
		}
		s.clients = append(s.clients, client.Id)
		if err := a.demoConnect(ctx, client.Id, name, amazon.Connections()); err != nil {
			return s, fmt.Errorf("connect %s: %w", name, err)
		}
	}
	return s, nil
}

func (a *appliance) demoPerson(email, name string, staff []string) (demoLogin, error) {
	user, err := findOrMakeUser(a.App, email, staff)
	if err != nil {
		return demoLogin{}, err
	}
	password := strings.ToLower(rand.Text())[:16]
	user.Set("name", name)
	user.SetPassword(password)
	user.SetVerified(true)
	return demoLogin{email, password}, a.App.Save(user)
}

// demoConnect connects a client with what the simulator grants it, where it is
// not connected yet: a demo that was killed may have made some connections.
func (a *appliance) demoConnect(ctx context.Context, account, name string, grants []sim.Connection) error {
	connect := func(q connectRequest) error {
		connected, err := a.App.CountRecords("connections", dbx.HashExp{"account": account, "api": q.API, "region": q.Region, "seller_id": q.SellerID})
		if err != nil || connected > 0 {
			return err
		}
		_, err = connectAccount(ctx, a, q, nil)
		return err
	}
	ads := ""
	for _, g := range grants {
		if g.Account != name {
			continue
		}
		ads = g.AdsRefreshToken
		if err := connect(connectRequest{API: ingest.APISeller, Account: account, Region: string(g.Region), SellerID: g.SellerID, RefreshToken: g.RefreshToken}); err != nil {
			return err
		}
	}
	return connect(connectRequest{API: ingest.APIAds, Account: account, RefreshToken: ads})
}

// demoAccounts sums up what is stored of each client.
func (a *appliance) demoAccounts(ctx context.Context, ids []string) ([]demoAccount, error) {
	var list []demoAccount
	for _, id := range ids {
		record, err := a.App.FindRecordById("accounts", id)
		if err != nil {
			return nil, err
		}
		d := demoAccount{ID: id, Name: record.GetString("name")}
		err = a.Store.Use(ctx, id, func(f *history.Facts) error {
			size, err := f.Size(ctx)
			d.Weeks, d.SQPRows, d.AdRows, d.JoinedRows = size.Weeks, size.SQPRows, size.AdRows, size.JoinedRows
			return err
		})
		if err != nil {
			return nil, err
		}
		audits, err := a.App.FindRecordsByFilter("audits", "account = {:id}", "-week", 1, 0, dbx.Params{"id": id})
		if err != nil {
			return nil, err
		}
		for _, audit := range audits {
			d.Audit = &demoAudit{audit.GetString("week"), audit.GetInt("findings")}
		}
		list = append(list, d)
	}
	return list, nil
}

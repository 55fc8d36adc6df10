// Package digest tells people what was found. For now that is one mail when the
// newest week's audit is there.
package digest

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase/core"

	"halotrack.ai/halotrack/amazon/marketplace"
	"halotrack.ai/halotrack/internal/access"
	"halotrack.ai/halotrack/internal/clock"
	"halotrack.ai/halotrack/internal/inventory"
	"halotrack.ai/halotrack/internal/mail"
)

// Name is the job's name in the inventory.
const Name = "digest"

const (
	sentences = 5
	// longest is the most bytes of a sentence in the mail, so that all of them
	// fit into one of its parameters.
	longest = 800
)

// Run queues a mail to the owners of the account for the newest of the audited
// weeks, unless a later week or this one has been told before. The note that it
// was told and the mails are one transaction.
func Run(app core.App, queue *mail.Queue, publicURL, account string, audited []clock.Day) error {
	if len(audited) == 0 {
		return nil
	}
	if _, err := inventory.RequirePurpose(Name); err != nil {
		return err
	}
	week := slices.Max(audited)
	return app.RunInTransaction(func(tx core.App) error {
		record, err := tx.FindRecordById("accounts", account)
		if err != nil {
			return fmt.Errorf("read the account: %w", err)
		}
		if record.GetString("told_week") >= week.String() {
			return nil
		}
		audit, err := tx.FindFirstRecordByFilter("audits", "account = {:account} && week = {:week}", dbx.Params{"account": account, "week": week.String()})
		if err != nil {
			return fmt.Errorf("read the audit of week %s: %w", week, err)
		}
		texts, err := findings(audit)
		if err != nil {
			return err
		}
		owners, err := access.Owners(tx, record)
		if err != nil {
			return err
		}
		for _, owner := range owners {
			err := queue.Enqueue(tx, mail.Message{Template: mail.AuditReady, User: owner, Account: account, Params: map[string]string{
				"account":  record.GetString("name"),
				"week":     week.Time().Format("2 January 2006"),
				"findings": strings.Join(texts, "\n"),
				"link":     strings.TrimSuffix(publicURL, "/") + "/accounts/" + account + "/audits/" + week.String(),
			}})
			if err != nil {
				return err
			}
		}
		record.Set("told_week", week.String())
		return tx.Save(record)
	})
}

// findings picks sentences of the audit: in turn the first of each marketplace
// and kind, then the second of each, so that one market's drops do not fill the
// mail. With several marketplaces each sentence begins with its country.
func findings(audit *core.Record) ([]string, error) {
	var data struct {
		Marketplaces []struct {
			Marketplace string `json:"marketplace"`
			Findings    []struct {
				Kind string `json:"kind"`
				Text string `json:"text"`
			} `json:"findings"`
		} `json:"marketplaces"`
	}
	if err := json.Unmarshal([]byte(audit.GetString("data")), &data); err != nil {
		return nil, fmt.Errorf("read an audit: %w", err)
	}
	var rounds [][]string
	for _, m := range data.Marketplaces {
		country := ""
		if market, ok := marketplace.ByID(m.Marketplace); ok && len(data.Marketplaces) > 1 {
			country = market.Name + ": "
		}
		seen := map[string]int{} // findings so far, by kind
		for _, f := range m.Findings {
			if seen[f.Kind] == len(rounds) {
				rounds = append(rounds, nil)
			}
			rounds[seen[f.Kind]] = append(rounds[seen[f.Kind]], cut(country+f.Text))
			seen[f.Kind]++
		}
	}
	texts := slices.Concat(rounds...)
	return texts[:min(len(texts), sentences)], nil
}

// cut shortens a sentence that is too long, at a character.
func cut(text string) string {
	if len(text) <= longest {
		return text
	}
	return strings.ToValidUTF8(text[:longest-len("…")], "") + "…"
}

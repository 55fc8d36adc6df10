package dashboard

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"time"

	"halotrack.ai/halotrack/internal/clock"
	"halotrack.ai/halotrack/internal/health"
	"halotrack.ai/halotrack/internal/history"
)

type benchKeys struct{}

func (benchKeys) FactKey(_ context.Context, account string) ([]byte, error) {
	key := sha256.Sum256([]byte(account))
	return key[:], nil
}

func (benchKeys) Holder(context.Context, string) (func(string) (string, []byte, error), error) {
	return nil, errors.ErrUnsupported // nothing is held back here
}

// counted counts what is written.
type counted int

func (c *counted) Write(p []byte) (int, error) { *c += counted(len(p)); return len(p), nil }

// BenchmarkCoverage answers the coverage of 900 ASINs over 104 weeks in five
// marketplaces: 468,000 cells, from an encrypted fact file to JSON.
func BenchmarkCoverage(b *testing.B) {
	now := time.Date(2026, 11, 18, 9, 0, 0, 0, time.UTC)
	store := history.NewStore(b.TempDir(), benchKeys{}, clock.NewManual(now))
	b.Cleanup(func() { _ = store.Close() })
	markets := []string{"ATVPDKIKX0DER", "A1PA6795UKMFR9", "A1F83G8C2ARO7P", "A13V1IB3VIYZZH", "APJ6JRA9NG5V4"}
	var asins []string
	for i := range 900 {
		asins = append(asins, fmt.Sprintf("B0%08d", i))
	}
	err := store.Use(b.Context(), "large", func(f *history.Facts) error {
		for _, market := range markets {
			for i := range clock.Day(104) {
				start := clock.Date(2024, 11, 24) + 7*i
				slice := history.SQPSlice{Seller: "A2SELLER", Marketplace: market, Period: history.Week, Start: start, End: start + 6, ASINs: asins, FetchedAt: now}
				if err := f.MarkUnavailable(b.Context(), slice); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		var size counted
		err := store.Use(b.Context(), "large", func(f *history.Facts) error {
			q := coverageQuery{period: history.Week}
			if err := q.span(b.Context(), f, false, false); err != nil {
				return err
			}
			out := bufio.NewWriter(&size)
			w := coverageWriter{out: out, json: json.NewEncoder(out), causes: map[string]health.Words{}}
			if err := w.write(b.Context(), f, q, markets); err != nil {
				return err
			}
			return out.Flush()
		})
		if err != nil || size < 468_000 {
			b.Fatalf("%d bytes, %v", size, err)
		}
		b.ReportMetric(float64(size)/1e6, "MB")
	}
}

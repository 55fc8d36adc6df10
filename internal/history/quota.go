package history

import (
	"context"
	"fmt"
	"time"

	"halotrack.ai/halotrack/internal/database"
)

// Bucket is the persisted state of one token bucket.
type Bucket struct {
	Key         string // operation, seller and region, as the ingest names them
	Tokens      float64
	Rate, Burst float64 // tokens per second; capacity
	At          time.Time
}

const (
	selectBucket = `SELECT tokens, rate, burst, at FROM quotas WHERE key = ?1`
	saveBucket   = `INSERT OR REPLACE INTO quotas (key, tokens, rate, burst, at) VALUES (?1, ?2, ?3, ?4, ?5)`
)

// Bucket returns a token bucket as last saved; ok is false if it never was.
func (f *Facts) Bucket(ctx context.Context, key string) (b Bucket, ok bool, err error) {
	err = f.read(ctx, func(c *database.Conn) error {
		return c.Query(selectBucket, func(r database.Row) error {
			b, ok = Bucket{Key: key, Tokens: r.Float(0), Rate: r.Float(1), Burst: r.Float(2), At: r.Time(3)}, true
			return nil
		}, key)
	})
	if err != nil {
		return Bucket{}, false, fmt.Errorf("read quota: %w", err)
	}
	return b, ok, nil
}

// SaveBucket saves a token bucket, so that quotas survive a restart
// (spapi.md trap 47).
func (f *Facts) SaveBucket(ctx context.Context, b Bucket) error {
	err := f.write(ctx, func(c *database.Conn) error {
		_, err := c.Exec(saveBucket, b.Key, b.Tokens, b.Rate, b.Burst, b.At.UnixMilli())
		return err
	})
	if err != nil {
		return fmt.Errorf("save quota: %w", err)
	}
	return nil
}

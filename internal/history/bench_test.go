package history

import (
	"bufio"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"testing"
	"time"

	"halotrack.ai/halotrack/amazon/ads"
	"halotrack.ai/halotrack/amazon/spapi"
	"halotrack.ai/halotrack/internal/clock"
	"halotrack.ai/halotrack/internal/database"
)

// The benchmarks compare, in one run and through the same encrypting VFS, how
// fast a gzip document becomes committed facts with coverage (replace), how
// fast the same rows are inserted into one flat table by a prepared statement
// (bare), and how fast the document is decoded alone (decode). The figure
// "ratio" is replace against the slower of the other two, "rows-ratio" is the
// same rows, decoded already, against bare. Decoding and writing overlap, so
// that the ratio is meaningful only with two free cores: "replace-cores" says
// how many the replacement was given, and the "cpu-µs/row" of each hold on a
// busy machine too.

var benchmarkSizes = []int{10_000, 100_000, 1_000_000}

// sqpWorld makes the rows of a document: 18 ASINs that share half of their
// search terms.
type sqpWorld struct {
	start clock.Day
	asins []string
	terms []string
	rows  int
}

func newSQPWorld(rows, document int) *sqpWorld {
	w := &sqpWorld{rows: rows, start: week - clock.Day(7*(document%50))}
	for i := range 18 {
		w.asins = append(w.asins, fmt.Sprintf("B0%08d", i+18*(document/50)))
	}
	w.makeTerms(rows/2+rows/18+1, document/50)
	return w
}

// makeTerms makes the first n of a sequence of search terms.
func (w *sqpWorld) makeTerms(n, sequence int) {
	words := strings.Fields("water bottle steel insulated kids sport gym large leak proof straw lid travel mug school metal vacuum flask cup thermo")
	rng := random(uint64(sequence))
	for i := range n {
		w.terms = append(w.terms, fmt.Sprintf("%s %s %s %d", words[rng.IntN(len(words))], words[rng.IntN(len(words))], words[rng.IntN(len(words))], i))
	}
}

// row sets the i-th row of the document.
func (w *sqpWorld) row(i int, r *spapi.SQPRow) {
	per := (w.rows + len(w.asins) - 1) / len(w.asins)
	asin, place := i/per, i%per
	// Neighbouring ASINs share half of their terms.
	term := (asin*per/2 + place*1) % len(w.terms)
	volume := int64(200 + term%5000)
	*r = spapi.SQPRow{
		Start: w.start, End: w.start + 6, ASIN: w.asins[asin], Query: w.terms[term],
		Rank: n(int64(place + 1)), Volume: n(volume),
	}
	for k, s := range []*spapi.Stage{&r.Impressions, &r.Clicks, &r.CartAdds, &r.Purchases} {
		s.Total, s.Own = n(volume*30>>(3*k)), n(volume*int64(asin+1)>>(3*k)/10)
		if k > 0 {
			s.SameDay, s.OneDay, s.TwoDay = n(s.Total.V/7), n(s.Total.V/3), n(s.Total.V/4)
			s.TotalPrice, s.OwnPrice = usd(19_990_000+volume*10_000), usd(24_990_000)
		}
	}
}

func (w *sqpWorld) slice() SQPSlice {
	return SQPSlice{
		Seller: seller, Marketplace: us, Period: Week, Start: w.start, End: w.start + 6,
		ASINs: w.asins, FetchedAt: now,
	}
}

func (w *sqpWorld) expect() spapi.Expect {
	return spapi.Expect{Marketplace: us, Period: Week, Start: w.start, End: w.start + 6, ASINs: w.asins}
}

// load yields the rows as a decoder would.
func (w *sqpWorld) load(yield func(*spapi.SQPRow) error) (spapi.Summary, error) {
	var row spapi.SQPRow
	for i := range w.rows {
		w.row(i, &row)
		if err := yield(&row); err != nil {
			return spapi.Summary{}, err
		}
	}
	return spapi.Summary{Rows: w.rows}, nil
}

// write writes the document as Amazon sends it, shares in percent.
func (w *sqpWorld) write(out io.Writer) error {
	b := bufio.NewWriterSize(out, 1<<16)
	fmt.Fprintf(b, `{"reportSpecification":{"reportType":"GET_BRAND_ANALYTICS_SEARCH_QUERY_PERFORMANCE_REPORT","reportOptions":{"reportPeriod":"WEEK","asin":%q},"dataStartTime":%q,"dataEndTime":%q,"marketplaceIds":[%q]},"dataByAsin":[`,
		strings.Join(w.asins, " "), w.start, w.start+6, us)
	var r spapi.SQPRow
	var line []byte
	field := func(name string, v int64) {
		line = append(line, '"')
		line = append(line, name...)
		line = append(line, `":`...)
		line = strconv.AppendInt(line, v, 10)
		line = append(line, ',')
	}
	share := func(name string, own, total int64) {
		line = append(line, '"')
		line = append(line, name...)
		line = append(line, `":`...)
		line = strconv.AppendFloat(line, float64(own*10000/max(total, 1))/100, 'f', -1, 64)
	}
	for i := range w.rows {
		w.row(i, &r)
		line = line[:0]
		if i > 0 {
			line = append(line, ',')
		}
		line = append(line, `{"startDate":"`+r.Start.String()+`","endDate":"`+r.End.String()+`","asin":"`+r.ASIN+`","searchQueryData":{"searchQuery":`...)
		line = strconv.AppendQuote(line, r.Query)
		line = append(line, ',')
		field("searchQueryScore", r.Rank.V)
		field("searchQueryVolume", r.Volume.V)
		line[len(line)-1] = '}'
		line = append(line, `,"impressionData":{`...)
		field("totalQueryImpressionCount", r.Impressions.Total.V)
		field("asinImpressionCount", r.Impressions.Own.V)
		share("asinImpressionShare", r.Impressions.Own.V, r.Impressions.Total.V)
		line = append(line, '}')
		for _, s := range []struct {
			block, name string
			stage       *spapi.Stage
		}{{"clickData", "Click", &r.Clicks}, {"cartAddData", "CartAdd", &r.CartAdds}, {"purchaseData", "Purchase", &r.Purchases}} {
			line = append(line, `,"`+s.block+`":{`...)
			field("total"+s.name+"Count", s.stage.Total.V)
			share("total"+s.name+"Rate", s.stage.Total.V, r.Volume.V)
			line = append(line, ',')
			field("asin"+s.name+"Count", s.stage.Own.V)
			share("asin"+s.name+"Share", s.stage.Own.V, s.stage.Total.V)
			for who, p := range map[string]spapi.Price{"total": s.stage.TotalPrice, "asin": s.stage.OwnPrice} {
				line = append(line, `,"`+who+`Median`+s.name+`Price":{"amount":`...)
				line = strconv.AppendInt(line, p.Micros/1_000_000, 10)
				line = append(line, `.99,"currencyCode":"USD"}`...)
			}
			line = append(line, ',')
			field("totalSameDayShipping"+s.name+"Count", s.stage.SameDay.V)
			field("totalOneDayShipping"+s.name+"Count", s.stage.OneDay.V)
			field("totalTwoDayShipping"+s.name+"Count", s.stage.TwoDay.V)
			line[len(line)-1] = '}'
		}
		line = append(line, '}')
		if _, err := b.Write(line); err != nil {
			return err
		}
	}
	b.WriteString("]}")
	return b.Flush()
}

// gzipFile writes a document to a file, so that the benchmark does not hold it
// in memory.
func gzipFile(b *testing.B, write func(io.Writer) error) string {
	b.Helper()
	path := filepath.Join(b.TempDir(), "document.json.gz")
	file, err := os.Create(path)
	if err != nil {
		b.Fatal(err)
	}
	z, _ := gzip.NewWriterLevel(file, gzip.BestSpeed)
	for _, step := range []func() error{func() error { return write(z) }, z.Close, file.Close} {
		if err := step(); err != nil {
			b.Fatal(err)
		}
	}
	return path
}

// plain opens a document and decodes it with decode.
func plain(path string, decode func(io.Reader) error) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	r, err := spapi.Plain(file, 8<<30)
	if err != nil {
		return err
	}
	defer r.Close()
	return decode(r)
}

// flat is an unencrypted schema's worth of the same encrypted pages: one table
// without any index, one prepared statement.
func flat(b *testing.B, columns int) (*database.File, string) {
	b.Helper()
	key := sha256.Sum256([]byte("bare"))
	file, err := database.OpenFile(b.Context(), filepath.Join(b.TempDir(), "bare.db"), key[:], database.Options{})
	if err != nil {
		b.Fatal(err)
	}
	create, insert := "CREATE TABLE flat (a TEXT, t TEXT", "INSERT INTO flat VALUES (?, ?"
	for i := range columns {
		create += fmt.Sprint(", c", i, " INTEGER")
		insert += ", ?"
	}
	err = file.Write(b.Context(), func(c *database.Conn) error { return c.Script(create + ")") })
	if err != nil {
		b.Fatal(err)
	}
	return file, insert + ")"
}

// bareSQP inserts the rows of a document as they are.
func bareSQP(ctx context.Context, file *database.File, insert string, w *sqpWorld) error {
	return file.Write(ctx, func(c *database.Conn) error {
		s, err := c.Prepare(insert)
		if err != nil {
			return err
		}
		defer s.Release()
		_, err = w.load(func(r *spapi.SQPRow) error {
			s.Text(r.ASIN)
			s.Text(r.Query)
			s.Int(int64(r.Start))
			s.Count(r.Rank)
			for _, v := range totalsOf(r) {
				s.Count(v)
			}
			for _, stage := range [...]*spapi.Stage{&r.Impressions, &r.Clicks, &r.CartAdds, &r.Purchases} {
				s.Count(stage.Own)
				s.Count(price(stage.OwnPrice))
			}
			s.Int(packCurrency("USD"))
			return s.Run()
		})
		return err
	})
}

const flatSQPColumns = 2 + marketColumns + 8 + 1

// spent is the time that a step took and the processor time that it cost.
type spent struct{ wall, cpu time.Duration }

// timed runs fn and adds its time to total.
func timed(b *testing.B, total *spent, fn func() error) {
	b.Helper()
	runtime.GC()
	start, used := clock.System().Now(), processorTime()
	if err := fn(); err != nil {
		b.Fatal(err)
	}
	total.wall += clock.System().Now().Sub(start)
	total.cpu += processorTime() - used
}

// processorTime is what the process's threads have run so far, where the
// system tells.
func processorTime() (total time.Duration) {
	threads, _ := filepath.Glob("/proc/self/task/*/schedstat")
	for _, path := range threads {
		if stat, err := os.ReadFile(path); err == nil {
			ran, _, _ := strings.Cut(string(stat), " ")
			v, _ := strconv.ParseInt(ran, 10, 64)
			total += time.Duration(v)
		}
	}
	return total
}

// peak is the process's largest resident size in MB since resetPeak, where the
// system tells.
func peak() float64 {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(status)) {
		if kb, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			v, _ := strconv.Atoi(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(kb), "kB")))
			return float64(v) / 1024
		}
	}
	return 0
}

// resetPeak gives back to the system what earlier steps used.
func resetPeak() {
	debug.FreeOSMemory()
	_ = os.WriteFile("/proc/self/clear_refs", []byte("5"), 0)
}

func report(b *testing.B, rows int, decode, bare, fromRows, replace spent) {
	all := float64(rows) * float64(b.N)
	rate := func(s spent) float64 { return all / s.wall.Seconds() }
	for _, step := range []struct {
		name string
		spent
	}{{"decode", decode}, {"bare", bare}, {"rows", fromRows}, {"replace", replace}} {
		b.ReportMetric(rate(step.spent), step.name+"-rows/s")
		b.ReportMetric(step.cpu.Seconds()*1e6/all, step.name+"-cpu-µs/row")
	}
	b.ReportMetric(rate(replace)/min(rate(bare), rate(decode)), "ratio")
	b.ReportMetric(rate(fromRows)/rate(bare), "rows-ratio")
	b.ReportMetric(replace.cpu.Seconds()/replace.wall.Seconds(), "replace-cores")
	b.ReportMetric(0, "ns/op")
}

func BenchmarkReplaceSQP(b *testing.B) {
	for _, rows := range benchmarkSizes {
		b.Run(strconv.Itoa(rows), func(b *testing.B) {
			w := newSQPWorld(rows, 0)
			path := gzipFile(b, w.write)
			var decode, bare, fromRows, replace spent
			var memory float64
			for range b.N {
				timed(b, &decode, func() error { return decodeSQP(path, w) })
				file, insert := flat(b, flatSQPColumns)
				timed(b, &bare, func() error { return bareSQP(b.Context(), file, insert, w) })
				if err := file.Destroy(); err != nil {
					b.Fatal(err)
				}
				f := testFacts(b)
				timed(b, &fromRows, func() error {
					_, err := f.ReplaceSQP(b.Context(), w.slice(), w.load)
					return err
				})
				f = testFacts(b)
				terms := len(w.terms)
				w.terms = nil // the document alone is imported, in what memory that takes
				resetPeak()
				timed(b, &replace, func() error { return replaceDocument(f, path, w) })
				memory = max(memory, peak())
				w.makeTerms(terms, 0)
			}
			report(b, rows, decode, bare, fromRows, replace)
			b.ReportMetric(memory, "peak-MB")
		})
	}
}

// The real size: 1,000 documents of 18 ASINs with 100 rows each.
func BenchmarkReplaceSQPDocuments(b *testing.B) {
	const documents, rows = 1000, 1800
	worlds := make([]*sqpWorld, documents)
	paths := make([]string, documents)
	for i := range worlds {
		worlds[i] = newSQPWorld(rows, i)
		paths[i] = gzipFile(b, worlds[i].write)
	}
	var decode, bare, fromRows, replace spent
	var memory float64
	for range b.N {
		timed(b, &decode, func() error {
			for i, w := range worlds {
				if err := decodeSQP(paths[i], w); err != nil {
					return err
				}
			}
			return nil
		})
		file, insert := flat(b, flatSQPColumns)
		timed(b, &bare, func() error {
			for _, w := range worlds {
				if err := bareSQP(b.Context(), file, insert, w); err != nil {
					return err
				}
			}
			return nil
		})
		if err := file.Destroy(); err != nil {
			b.Fatal(err)
		}
		f := testFacts(b)
		timed(b, &fromRows, func() error {
			for _, w := range worlds {
				if _, err := f.ReplaceSQP(b.Context(), w.slice(), w.load); err != nil {
					return err
				}
			}
			return nil
		})
		f = testFacts(b)
		resetPeak()
		timed(b, &replace, func() error {
			for i, w := range worlds {
				if err := replaceDocument(f, paths[i], w); err != nil {
					return err
				}
			}
			return nil
		})
		memory = max(memory, peak())
	}
	report(b, documents*rows, decode, bare, fromRows, replace)
	b.ReportMetric(memory, "peak-MB")
}

func decodeSQP(path string, w *sqpWorld) error {
	return plain(path, func(r io.Reader) error {
		_, err := spapi.DecodeSQP(r, w.expect(), func(*spapi.SQPRow) error { return nil })
		return err
	})
}

func replaceDocument(f *Facts, path string, w *sqpWorld) error {
	return plain(path, func(r io.Reader) error {
		_, err := f.ReplaceSQP(context.Background(), w.slice(), func(yield func(*spapi.SQPRow) error) (spapi.Summary, error) {
			return spapi.DecodeSQP(r, w.expect(), yield)
		})
		return err
	})
}

// adWorld makes the rows of a search-term report: a month of 40 keywords.
type adWorld struct {
	rows  int
	terms []string
}

const adWorldDays = 30

func newAdWorld(rows int) *adWorld {
	w := &adWorld{rows: rows}
	words := strings.Fields("water bottle steel insulated kids sport gym large leak proof straw lid")
	rng := random(7)
	for i := range max(rows/adWorldDays/2, 100) {
		w.terms = append(w.terms, fmt.Sprintf("%s %s %s %d", words[rng.IntN(len(words))], words[rng.IntN(len(words))], words[rng.IntN(len(words))], i))
	}
	return w
}

func (w *adWorld) row(i int, r *ads.TermRow) {
	per := w.rows/adWorldDays + 1
	day, place := i/per, i%per
	keyword := int64(place/len(w.terms)*40 + place%40)
	clicks := int64(1 + place%7)
	*r = termRow(week+clock.Day(day), w.terms[place%len(w.terms)], clicks)
	r.CampaignID, r.AdGroupID, r.KeywordID = 550669026247354+keyword/20, 360669026247354+keyword/10, 260669026247354+keyword
}

func (w *adWorld) load(yield func(*ads.TermRow) error) (ads.Summary, error) {
	var row ads.TermRow
	for i := range w.rows {
		w.row(i, &row)
		if err := yield(&row); err != nil {
			return ads.Summary{}, err
		}
	}
	return ads.Summary{Rows: w.rows}, nil
}

func (w *adWorld) spec() ads.ReportSpec {
	return ads.ReportSpec{Profile: profileID, Type: ads.SPSearchTerm, From: week, To: week + adWorldDays - 1}
}

func (w *adWorld) slice() AdSlice {
	s := w.spec()
	return AdSlice{Profile: s.Profile, Type: s.Type, From: s.From, To: s.To, FetchedAt: now}
}

func (w *adWorld) write(out io.Writer) error {
	b := bufio.NewWriterSize(out, 1<<16)
	var r ads.TermRow
	for i := range w.rows {
		w.row(i, &r)
		sep := byte(',')
		if i == 0 {
			sep = '['
		}
		fmt.Fprintf(b, `%c{"date":%q,"campaignId":%d,"campaignName":%q,"adGroupId":%d,"adGroupName":%q,"keywordId":%d,"keyword":%q,"matchType":%q,"keywordType":%q,"campaignStatus":"ENABLED","campaignBudgetCurrencyCode":"USD","searchTerm":%q,"targeting":%q,"impressions":%d,"clicks":%d,"cost":%d.5,"purchases1d":0,"purchases7d":1,"purchases14d":1,"purchasesSameSku1d":0,"sales1d":0.0,"sales7d":20.0,"sales14d":20.0,"unitsSoldClicks1d":0,"unitsSoldClicks7d":1,"unitsSoldClicks14d":1}`,
			sep, r.Date, r.CampaignID, r.Campaign, r.AdGroupID, r.AdGroup, r.KeywordID, r.Keyword, r.MatchType, r.MatchType,
			r.Term, r.Keyword, r.Impressions.V, r.Clicks.V, r.Clicks.V)
	}
	b.WriteString("]")
	return b.Flush()
}

func (w *adWorld) decode(path string, yield func(*ads.TermRow) error) error {
	return plain(path, func(r io.Reader) error {
		_, err := ads.DecodeTerms(r, w.spec(), yield)
		return err
	})
}

func bareTerms(ctx context.Context, file *database.File, insert string, w *adWorld) error {
	return file.Write(ctx, func(c *database.Conn) error {
		s, err := c.Prepare(insert)
		if err != nil {
			return err
		}
		defer s.Release()
		_, err = w.load(func(r *ads.TermRow) error {
			s.Text(r.MatchType)
			s.Text(r.Term)
			for _, v := range [...]int64{profileID, int64(r.Date), r.CampaignID, r.AdGroupID, r.KeywordID, packCurrency(r.Currency)} {
				s.Int(v)
			}
			for _, v := range [...]Count{
				r.Impressions, r.Clicks, r.Cost, r.Orders1dSameSKU, r.Orders1d, r.Orders7d, r.Orders14d,
				r.Sales1d, r.Sales7d, r.Sales14d, r.Units1d, r.Units7d, r.Units14d,
			} {
				s.Count(v)
			}
			return s.Run()
		})
		return err
	})
}

func BenchmarkReplaceAdTerms(b *testing.B) {
	for _, rows := range benchmarkSizes {
		b.Run(strconv.Itoa(rows), func(b *testing.B) {
			w := newAdWorld(rows)
			path := gzipFile(b, w.write)
			var decode, bare, fromRows, replace spent
			var memory float64
			for range b.N {
				timed(b, &decode, func() error { return w.decode(path, func(*ads.TermRow) error { return nil }) })
				file, insert := flat(b, 19)
				timed(b, &bare, func() error { return bareTerms(b.Context(), file, insert, w) })
				if err := file.Destroy(); err != nil {
					b.Fatal(err)
				}
				f := testFacts(b)
				withProfile(b, f)
				timed(b, &fromRows, func() error {
					_, err := f.ReplaceAdTerms(b.Context(), w.slice(), w.load)
					return err
				})
				f = testFacts(b)
				withProfile(b, f)
				resetPeak()
				timed(b, &replace, func() error {
					_, err := f.ReplaceAdTerms(b.Context(), w.slice(), func(yield func(*ads.TermRow) error) (ads.Summary, error) {
						return ads.Summary{}, w.decode(path, yield)
					})
					return err
				})
				memory = max(memory, peak())
			}
			report(b, rows, decode, bare, fromRows, replace)
			b.ReportMetric(memory, "peak-MB")
		})
	}
}

// The rows of a report on advertised products: a month of ads, each of one
// product of an ad group.
type productWorld struct{ *adWorld }

func (w productWorld) row(i int, r *ads.ProductRow) {
	per := w.rows/adWorldDays + 1
	day, ad := i/per, int64(i%per)
	*r = productRow(week+clock.Day(day), 460669026247354+ad, fmt.Sprintf("B0%08d", ad%900), fmt.Sprintf("SKU-%d", ad%1200), 1+ad%7)
	r.CampaignID, r.AdGroupID = 550669026247354+ad/40, 360669026247354+ad/10
}

func (w productWorld) spec() ads.ReportSpec {
	s := w.adWorld.spec()
	s.Type = ads.SPAdvertisedProduct
	return s
}

func (w productWorld) slice() AdSlice {
	s := w.adWorld.slice()
	s.Type = ads.SPAdvertisedProduct
	return s
}

func (w productWorld) load(yield func(*ads.ProductRow) error) (ads.Summary, error) {
	var row ads.ProductRow
	for i := range w.rows {
		w.row(i, &row)
		if err := yield(&row); err != nil {
			return ads.Summary{}, err
		}
	}
	return ads.Summary{Rows: w.rows}, nil
}

func (w productWorld) write(out io.Writer) error {
	b := bufio.NewWriterSize(out, 1<<16)
	var r ads.ProductRow
	for i := range w.rows {
		w.row(i, &r)
		sep := byte(',')
		if i == 0 {
			sep = '['
		}
		fmt.Fprintf(b, `%c{"date":%q,"campaignId":%d,"campaignName":%q,"adGroupId":%d,"adGroupName":%q,"adId":%d,"advertisedAsin":%q,"advertisedSku":%q,"campaignStatus":"ENABLED","campaignBudgetCurrencyCode":"USD","impressions":%d,"clicks":%d,"cost":%d.5,"purchases1d":1,"purchases7d":2,"purchases14d":3,"purchasesSameSku1d":0,"purchasesSameSku7d":1,"purchasesSameSku14d":2,"sales1d":10.0,"sales7d":20.0,"sales14d":30.0,"unitsSoldClicks1d":1,"unitsSoldClicks7d":2,"unitsSoldClicks14d":4}`,
			sep, r.Date, r.CampaignID, r.Campaign, r.AdGroupID, r.AdGroup, r.AdID, r.ASIN, r.SKU, r.Impressions.V, r.Clicks.V, r.Clicks.V)
	}
	b.WriteString("]")
	return b.Flush()
}

func (w productWorld) decode(path string, yield func(*ads.ProductRow) error) error {
	return plain(path, func(r io.Reader) error {
		_, err := ads.DecodeProducts(r, w.spec(), yield)
		return err
	})
}

func bareProducts(ctx context.Context, file *database.File, insert string, w productWorld) error {
	return file.Write(ctx, func(c *database.Conn) error {
		s, err := c.Prepare(insert)
		if err != nil {
			return err
		}
		defer s.Release()
		_, err = w.load(func(r *ads.ProductRow) error {
			s.Text(r.ASIN)
			s.Text(r.SKU)
			for _, v := range [...]int64{profileID, int64(r.Date), r.CampaignID, r.AdGroupID, r.AdID, packCurrency(r.Currency)} {
				s.Int(v)
			}
			for _, v := range [...]Count{
				r.Impressions, r.Clicks, r.Cost, r.Orders1d, r.Orders7d, r.Orders14d,
				r.Orders1dSameSKU, r.Orders7dSameSKU, r.Orders14dSameSKU,
				r.Sales1d, r.Sales7d, r.Sales14d, r.Units1d, r.Units7d, r.Units14d,
			} {
				s.Count(v)
			}
			return s.Run()
		})
		return err
	})
}

func BenchmarkReplaceAdProducts(b *testing.B) {
	for _, rows := range benchmarkSizes {
		b.Run(strconv.Itoa(rows), func(b *testing.B) {
			w := productWorld{newAdWorld(rows)}
			path := gzipFile(b, w.write)
			var decode, bare, fromRows, replace spent
			var memory float64
			for range b.N {
				timed(b, &decode, func() error { return w.decode(path, func(*ads.ProductRow) error { return nil }) })
				file, insert := flat(b, 21)
				timed(b, &bare, func() error { return bareProducts(b.Context(), file, insert, w) })
				if err := file.Destroy(); err != nil {
					b.Fatal(err)
				}
				f := testFacts(b)
				withProfile(b, f)
				timed(b, &fromRows, func() error {
					_, err := f.ReplaceAdProducts(b.Context(), w.slice(), w.load)
					return err
				})
				f = testFacts(b)
				withProfile(b, f)
				resetPeak()
				timed(b, &replace, func() error {
					_, err := f.ReplaceAdProducts(b.Context(), w.slice(), func(yield func(*ads.ProductRow) error) (ads.Summary, error) {
						return ads.Summary{}, w.decode(path, yield)
					})
					return err
				})
				memory = max(memory, peak())
			}
			report(b, rows, decode, bare, fromRows, replace)
			b.ReportMetric(memory, "peak-MB")
		})
	}
}

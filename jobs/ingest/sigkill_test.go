package ingest

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"sync/atomic"
	"testing"
	"time"

	"halotrack.ai/halotrack/amazon/lwa"
	"halotrack.ai/halotrack/amazon/readonly"
	"halotrack.ai/halotrack/amazon/sim"
	"halotrack.ai/halotrack/internal/clock"
	"halotrack.ai/halotrack/internal/history"
)

// megabytes is the size of the big document.
var megabytes = flag.Int("ingest.megabytes", 200, "size of the document in the test of bounded memory")

// childFlag makes the test binary a child that ingests until it is killed.
var childFlag = flag.String("ingest.child", "", "JSON of childTask; for the tests that kill a process")

type childTask struct {
	Dir       string
	Now       time.Time
	Since     clock.Day
	Endpoints readonly.Endpoints
	Client    [2]string // id and secret
	// Chaos makes the child look for half-written slices when it begins, and
	// log everything to its standard error.
	Chaos bool
	// Point and Nth, if set, are the failpoint that the child kills itself at,
	// the nth time it passes.
	Point string
	Nth   int64
}

// childStep is what the child says after each pass; the parent answers with
// the next instant.
type childStep struct {
	Next  time.Time
	Idle  bool
	Error string
}

func TestMain(m *testing.M) {
	flag.Parse()
	if *childFlag == "" {
		os.Exit(m.Run())
	}
	if err := child(*childFlag, os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func child(task string, in io.Reader, out io.Writer) error {
	var c childTask
	if err := json.Unmarshal([]byte(task), &c); err != nil {
		return err
	}
	now := clock.NewManual(c.Now)
	p, err := openProduct(c.Dir, now, c.Endpoints, lwa.Credentials{ClientID: c.Client[0], ClientSecret: c.Client[1]},
		func(cfg *Config) {
			cfg.Since = c.Since
			if c.Chaos {
				cfg.Logger = slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelDebug}))
				cfg.Notify = func(_ Connection, reason string) { cfg.Logger.Info("told", "reason", reason) }
			}
		})
	if err != nil {
		return err
	}
	p.in.failpoint = c.failpoint()
	if c.Chaos {
		if err := p.sound(context.Background()); err != nil {
			return json.NewEncoder(out).Encode(childStep{Error: err.Error()})
		}
	}
	lines := bufio.NewScanner(in)
	for {
		o, err := p.in.Run(context.Background(), "")
		step := childStep{Next: o.Next, Idle: o.Idle()}
		if err != nil {
			step.Error = err.Error()
		}
		if err := json.NewEncoder(out).Encode(step); err != nil {
			return err
		}
		if !lines.Scan() || step.Error != "" {
			return lines.Err()
		}
		next, err := time.Parse(time.RFC3339Nano, lines.Text())
		if err != nil {
			return err
		}
		now.Set(next)
	}
}

// failpoint kills the process at the task's point.
func (c childTask) failpoint() func(string) error {
	var passed atomic.Int64
	return func(point string) error {
		if point != c.Point || passed.Add(1) != c.Nth {
			return nil
		}
		self, err := os.FindProcess(os.Getpid())
		if err == nil {
			err = self.Kill()
		}
		if err != nil {
			return err
		}
		select {} // the signal is on its way
	}
}

// sound reports what contradicts itself in the fact files.
func (p *product) sound(ctx context.Context) error {
	accounts, err := p.store.Accounts()
	for _, account := range accounts {
		err = errors.Join(err, p.store.Use(ctx, account, func(f *history.Facts) error {
			faults, err := f.Faults(ctx)
			for _, fault := range faults {
				err = errors.Join(err, fmt.Errorf("account %s: %s", account, fault))
			}
			return err
		}))
	}
	return err
}

// childRun is how runChild runs a child.
type childRun struct {
	victim *atomic.Pointer[os.Process]
	change func(*childTask)
	idle   func() (again bool) // called when nothing is left to do at present; nil: that is all
	stderr io.Writer           // nil: the test's own
}

// runChild ingests in a process of its own over a closed folder until nothing is
// left to do at present, or until that process is killed.
func (r *rig) runChild(dir string, g sim.Connection, o childRun) (idle bool) {
	t := r.t
	t.Helper()
	c := childTask{Dir: dir, Now: r.now.Now(), Since: r.in.cfg.Since, Endpoints: r.amazon.Endpoints(), Client: [2]string{g.ClientID, g.ClientSecret}}
	if o.change != nil {
		o.change(&c)
	}
	task, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(os.Args[0], "-ingest.child", string(task))
	if cmd.Stderr = o.stderr; o.stderr == nil {
		cmd.Stderr = os.Stderr
	}
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	o.victim.Store(cmd.Process)
	steps := json.NewDecoder(out)
	for {
		var step childStep
		if steps.Decode(&step) != nil {
			break // killed
		}
		if step.Error != "" {
			t.Fatalf("the child fails: %s", step.Error)
		}
		if step.Idle {
			if o.idle == nil || !o.idle() {
				idle = true
				break
			}
		} else {
			r.now.Set(step.Next)
		}
		if _, err := fmt.Fprintln(in, r.now.Now().Format(time.RFC3339Nano)); err != nil {
			break
		}
	}
	_ = in.Close()
	o.victim.Store(nil)
	// A killed child has no good status; one that fell over by itself has a
	// bad one of its own.
	if err := cmd.Wait(); err != nil && cmd.ProcessState.ExitCode() != -1 {
		t.Fatalf("the child ends by itself: %v", err)
	}
	return idle
}

// The process is killed at random points, with requests on their way to
// Amazon, between an answer and its commit, and in the middle of documents.
func TestAKilledProcessLosesNothing(t *testing.T) {
	const kills = 12
	var (
		random   = rand.New(rand.NewPCG(11, 13))
		requests atomic.Int64
		target   atomic.Int64
		victim   atomic.Pointer[os.Process]
		delay    atomic.Int64
	)
	strike := func() {
		if p := victim.Load(); p != nil {
			_ = p.Kill()
		}
	}
	r := newRig(t, sim.Config{ASINs: 40, Terms: 150, Accounts: []sim.AccountSpec{
		{Name: "Velmora Goods", Countries: []string{"US"}}, {Name: "Nordhain Outdoor", Countries: []string{"DE", "GB"}, Viewer: true},
	}, Faults: func(sim.Entry) *sim.Fault {
		if requests.Add(1) == target.Load() {
			if d := delay.Load(); d == 0 {
				strike() // the request is handled, its answer goes nowhere
			} else {
				time.AfterFunc(time.Duration(d), strike)
			}
		}
		return nil
	}}, nil)
	dir, g := r.dir, r.amazon.Connections()[0]
	if err := r.close(); err != nil {
		t.Fatal(err)
	}

	run := func() bool { return r.runChild(dir, g, childRun{victim: &victim}) }
	killed := 0
	for range kills * 3 {
		if killed == kills {
			break
		}
		delay.Store([]int64{0, 0, int64(time.Millisecond), int64(random.IntN(6)) * int64(time.Millisecond)}[random.IntN(4)])
		target.Store(requests.Load() + 1 + int64(random.IntN(12)))
		if run() {
			r.now.Advance(24 * time.Hour) // something new falls due
			continue
		}
		killed++
	}
	target.Store(-1)
	for !run() {
	}
	if killed < 10 {
		t.Fatalf("only %d kills", killed)
	}
	r.open(dir)
	for name := range r.ids {
		for _, api := range []string{APISeller, APIAds} {
			if c := r.connection(name, api); c.Status != StatusActive {
				t.Errorf("%s: the %s connection is %s: %s", name, api, c.Status, c.Reason)
			}
		}
		r.wantWhole(name)
		for _, l := range r.ledger(name) {
			if l.State != history.ReportDone && l.State != history.ReportEmpty {
				t.Errorf("report %d (%s) is left %s, %q after %d attempts: %s", l.ID, l.Type, l.State, l.ErrorClass, l.Attempts, l.Error)
			}
		}
	}
	if n := r.repeats(sim.OpCreateReport); n != 0 {
		t.Errorf("%d reports were asked for twice at the Selling Partner API", n)
	}
	if n := r.repeats(sim.OpAdsCreate); n > killed {
		t.Errorf("%d ads reports were asked for twice after %d kills", n, killed)
	}
	if files := r.spooled(); len(files) != 0 {
		t.Errorf("documents left in the spool: %v", files)
	}
	if t.Failed() {
		by := map[string]int{}
		for _, e := range r.amazon.Journal() {
			by[fmt.Sprint(e.Listener, " ", e.Operation, " ", e.Status)]++
		}
		t.Log(by)
	}
	t.Logf("%d kills, %d requests, ends at %s", killed, requests.Load(), r.now.Now())
}

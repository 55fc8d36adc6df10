package document

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"
)

func zipped(text string) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	io.WriteString(w, text)
	w.Close()
	return b.Bytes()
}

// spapi.md trap 41
// adsapi.md trap 17
func TestPlainJudgesByTheBytes(t *testing.T) {
	for name, in := range map[string][]byte{"gzip": zipped(`[1]`), "plain": []byte(`[1]`), "empty": nil, "one byte": []byte("1")} {
		r, err := Plain(bytes.NewReader(in), 0)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		got, err := io.ReadAll(r)
		want := string(in)
		if name == "gzip" {
			want = "[1]"
		}
		if err != nil || string(got) != want {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
}

// spapi.md trap 42
// adsapi.md trap 18
func TestTruncatedAndBrokenGzip(t *testing.T) {
	whole := zipped("[" + strings.Repeat(`"a",`, 5000) + `"b"]`)
	read := func(in []byte) error {
		plain, err := Plain(bytes.NewReader(in), 0)
		if err != nil {
			return err
		}
		r := NewReader(plain)
		if err := r.Open('['); err != nil {
			return err
		}
		for {
			if _, more, err := r.Element(); err != nil {
				return err
			} else if !more {
				return r.End()
			}
		}
	}
	if err := read(whole); err != nil {
		t.Fatal(err)
	}
	for n := 2; n < len(whole); n++ {
		err := read(whole[:n])
		var bad *Error
		if !errors.As(err, &bad) || !bad.Truncated() {
			t.Fatalf("cut after %d of %d bytes: %v", n, len(whole), err)
		}
	}
	broken := bytes.Clone(whole)
	broken[len(broken)-5] ^= 0xff // checksum
	var bad *Error
	if err := read(broken); !errors.As(err, &bad) {
		t.Errorf("a wrong checksum: %v", err)
	}
	if err := read(append(bytes.Clone(whole), "tail"...)); !errors.As(err, &bad) {
		t.Errorf("bytes behind the gzip: %v", err)
	}
}

// spapi.md trap 44
func TestDecompressedSizeIsCapped(t *testing.T) {
	bomb := zipped(strings.Repeat(" ", 1<<20))
	for max, tooLarge := range map[int64]bool{1 << 20: false, 1<<20 - 1: true, 10: true} {
		r, err := Plain(bytes.NewReader(bomb), max)
		if err != nil {
			t.Fatal(err)
		}
		n, err := io.Copy(io.Discard, r)
		if errors.Is(err, ErrTooLarge) != tooLarge || n > max {
			t.Errorf("limit %d: %d bytes, %v", max, n, err)
		}
	}
}

type closer struct {
	io.Reader
	closed bool
}

func (c *closer) Close() error { c.closed = true; return nil }

func TestPlainClosesItsSource(t *testing.T) {
	c := &closer{Reader: strings.NewReader("[]")}
	r, err := Plain(c, 0)
	if err != nil || r.Close() != nil || !c.closed {
		t.Error("the source stays open")
	}
}

func TestScaled(t *testing.T) {
	for _, c := range []struct {
		literal   string
		scale     int
		want      int64
		exact, ok bool
	}{
		{"0", 6, 0, true, true}, {"-0.0", 6, 0, true, true}, {"12", 0, 12, true, true}, {"12.0", 0, 12, true, true},
		{"12.5", 0, 13, false, true}, {"-12.5", 0, -13, false, true}, {"0.4999999", 0, 0, false, true},
		{"19.99", 6, 19_990_000, true, true}, {"0.0000005", 6, 1, false, true}, {"0.00000049", 6, 0, false, true},
		{"1e3", 0, 1000, true, true}, {"1E+3", 0, 1000, true, true}, {"1000e-3", 0, 1, true, true}, {"1e18", 0, 1e18, true, true},
		{"1e19", 0, 0, false, false}, {"9.3e18", 0, 0, false, false}, {"1e400", 0, 0, false, false}, {"0e400", 0, 0, true, true}, {"1e-400", 0, 0, false, true},
		{"0.1234567890123456789", 6, 123457, false, true}, {"123456789012345678", 0, 123456789012345678, true, true},
		{"123456789.123456789123", 6, 123456789123457, false, true},
		{"100000000000000000000", 0, 0, false, false}, {"1e99999999999", 0, 0, false, false},
	} {
		v, exact, ok := Scaled([]byte(c.literal), c.scale)
		if ok != c.ok || ok && (v != c.want || exact != c.exact) {
			t.Errorf("%s at %d: %d, exact %v, ok %v", c.literal, c.scale, v, exact, ok)
		}
	}
}

// adsapi.md trap 19
func TestIDsKeep64Bits(t *testing.T) {
	for raw, want := range map[string]int64{
		"550669026247354": 550669026247354, "9007199254740993": 9007199254740993, `"9007199254740993"`: 9007199254740993,
		"9223372036854775807": 9223372036854775807, "0": 0,
	} {
		if got, err := ParseID([]byte(raw)); err != nil || got != want {
			t.Errorf("%s: %d, %v", raw, got, err)
		}
	}
	for _, raw := range []string{"", "null", "1.5", "1e3", `"x"`, `""`, `"+1"`, "-1", "9223372036854775808", "true", "[1]"} {
		if got, err := ParseID([]byte(raw)); err == nil {
			t.Errorf("%s: %d, want an error", raw, got)
		}
	}
}

func TestSeen(t *testing.T) {
	s := NewSeen(5000)
	for i := range 5000 {
		if v := s.Add(i, []byte("term"), []byte{byte(i)}); v != First {
			t.Fatalf("row %d: %d", i, v)
		}
	}
	if v := s.Add(7, []byte("term"), []byte{7}); v != Repeated {
		t.Errorf("repeated: %d", v)
	}
	if v := s.Add(7, []byte("term"), []byte{8}); v != Conflict {
		t.Errorf("conflict: %d", v)
	}
	if v := s.Add(7, []byte("another"), []byte{8}); v != Full {
		t.Errorf("full: %d", v)
	}
}

// endless yields head, then fill without end, and counts.
type endless struct {
	head string
	fill []byte
	n    int64
	most int64
}

func (e *endless) Read(b []byte) (int, error) {
	if e.n >= e.most {
		return 0, io.EOF
	}
	n := copy(b, e.head)
	e.head = e.head[n:]
	if n == 0 {
		for n < len(b) {
			n += copy(b[n:], e.fill)
		}
	}
	e.n += int64(n)
	return n, nil
}

func TestMemoryStaysBounded(t *testing.T) {
	heap := func() uint64 {
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.TotalAlloc
	}
	for name, head := range map[string]string{"one endless string": `{"a":"`, "an endless name": `{"`, "white space": "{"} {
		fill := []byte(strings.Repeat("x", 4096))
		if name == "white space" {
			fill = []byte(strings.Repeat(" ", 4096))
		}
		src := &endless{head: head, fill: fill, most: 1 << 30}
		before := heap()
		r := NewReader(src)
		err := r.Open('{')
		if err == nil {
			if _, _, err = r.Name(); err == nil {
				err = r.Skip()
			}
		}
		if !errors.Is(err, ErrTooLarge) {
			t.Errorf("%s: %v", name, err)
		}
		if src.n > 4<<20 || heap()-before > 16<<20 {
			t.Errorf("%s: %d bytes read, %d allocated", name, src.n, heap()-before)
		}
	}
	// One object with ever new names would fill the memory for duplicates.
	var b strings.Builder
	b.WriteString(`{"a":{`)
	for i := range maxMembers + 10 {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(`"` + strings.Repeat("n", 1) + time.Duration(i).String() + `":0`)
	}
	b.WriteString("}}")
	r := NewReader(strings.NewReader(b.String()))
	if err := r.Open('{'); err != nil {
		t.Fatal(err)
	}
	if _, _, err := r.Name(); err != nil {
		t.Fatal(err)
	}
	if err := r.Skip(); !errors.Is(err, ErrTooLarge) {
		t.Errorf("an object of %d members: %v", maxMembers+10, err)
	}
}

func TestErrorsAreShort(t *testing.T) {
	r := NewReader(strings.NewReader(`{"` + strings.Repeat("n", 100_000) + `":tru}`))
	r.Open('{')
	r.Name()
	if err := r.Skip(); err == nil || len(err.Error()) > 400 {
		t.Errorf("an error of %d bytes", len(err.Error()))
	}
}

// adsapi.md trap 11
func TestRetryAfter(t *testing.T) {
	const date = "Sun, 15 Nov 2026 12:00:00 GMT"
	for _, c := range []struct {
		value, date string
		want        time.Duration
	}{
		{"", "", 0}, {"42", "", 42 * time.Second}, {"1.5", "", 1500 * time.Millisecond}, {"0", "", 0}, {"-3", "", 0},
		{"NaN", "", 0}, {"Inf", "", 24 * time.Hour}, {"1e12", "", 24 * time.Hour}, {"soon", "", 0},
		{"Sun, 15 Nov 2026 12:01:00 GMT", date, time.Minute}, {"Sun, 15 Nov 2026 12:01:00 GMT", "", 0}, {"Sun, 15 Nov 2026 11:00:00 GMT", date, 0},
	} {
		h := http.Header{}
		h.Set("Retry-After", c.value)
		h.Set("Date", c.date)
		if got := RetryAfter(h); got != c.want {
			t.Errorf("%q: %s, want %s", c.value, got, c.want)
		}
	}
}

package spapi

import (
	"bytes"
	"errors"
	"net/http"
	"strings"
	"testing"
)

// fuzzDocument holds a decoder to: no panic, a *DocumentError for every refusal,
// and a summary that counts what was yielded.
func fuzzDocument(f *testing.F, kind ReportType, row string, decode func(in []byte, want Expect, rows *int) (Summary, error)) {
	for _, rows := range [][]string{nil, {row}, {row, row}, {"{}"}, {"null"}} {
		f.Add([]byte(sqpDocument(kind, rows...)))
	}
	f.Add([]byte(`{"errorDetails":"x"}`))
	f.Fuzz(func(t *testing.T, in []byte) {
		rows := 0
		s, err := decode(in, week(t), &rows)
		var bad *DocumentError
		if err != nil && !errors.As(err, &bad) {
			t.Fatalf("%v is not a *DocumentError", err)
		}
		if err == nil && s.Rows != rows {
			t.Fatalf("%d rows, %d counted", rows, s.Rows)
		}
	})
}

func FuzzDecodeSQP(f *testing.F) {
	fuzzDocument(f, SQP, usRow, func(in []byte, want Expect, rows *int) (Summary, error) {
		return DecodeSQP(bytes.NewReader(in), want, func(r *SQPRow) error {
			*rows++
			if r.Query == "" || r.ASIN == "" || r.Volume.V < 0 || r.Clicks.TotalPrice.Micros < 0 {
				return errors.New("a row that cannot be")
			}
			return nil
		})
	})
}

func FuzzDecodeSCP(f *testing.F) {
	fuzzDocument(f, SCP, scpRow, func(in []byte, want Expect, rows *int) (Summary, error) {
		return DecodeSCP(bytes.NewReader(in), want, func(*SCPRow) error { *rows++; return nil })
	})
}

func FuzzFatalText(f *testing.F) {
	f.Add([]byte(`{"errorDetails":"x"}`))
	f.Fuzz(func(t *testing.T, in []byte) {
		text, err := FatalText(bytes.NewReader(in))
		if err != nil && text != "" {
			t.Fatal("a text and an error")
		}
		Classify(text)
	})
}

func FuzzErrorBody(f *testing.F) {
	f.Add(429, []byte(`{"errors":[{"code":"QuotaExceeded","message":"m","details":""}]}`))
	f.Add(403, []byte(`<html>`))
	f.Add(400, []byte(`{"errors":{}}`))
	f.Fuzz(func(t *testing.T, status int, body []byte) {
		e := newError("op", &http.Response{StatusCode: status, Header: http.Header{}}, body)
		if text := e.Error(); len(text) > 3000 || strings.Contains(text, "Atzr|") {
			t.Fatalf("%q", text)
		}
		if e.class() == nil {
			t.Fatal("no class")
		}
	})
}

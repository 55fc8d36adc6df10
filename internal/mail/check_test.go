package mail

import (
	"context"
	"errors"
	"net"
	"strings"
	"testing"
	"time"
)

func TestCheckSaysHowFarItCame(t *testing.T) {
	guarded := startServer(t, &server{user: "halo", pass: "right"}, nil)
	at := func(login string) string { return strings.Replace(guarded.url, "smtp://", "smtp://"+login, 1) }
	gone, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed := "smtp://" + gone.Addr().String()
	gone.Close()
	for name, c := range map[string]struct{ url, stage string }{
		"let in":         {at("halo:right@"), ""},
		"wrong password": {at("halo:wrong@"), "login"},
		"nobody there":   {closed, "connection"},
	} {
		smtp, err := NewSMTP(c.url)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		err = smtp.Check(ctx)
		cancel()
		failed := new(SendError)
		if c.stage == "" && err != nil || c.stage != "" && (!errors.As(err, &failed) || failed.Stage != c.stage || failed.Temporary) {
			t.Errorf("%s: %v", name, err)
		}
		if err != nil && strings.Contains(err.Error(), "wrong") {
			t.Errorf("%s: the password is repeated: %v", name, err)
		}
	}
	if got := guarded.mails(); len(got) != 0 {
		t.Errorf("checking sent %d mails", len(got))
	}
}

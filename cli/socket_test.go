package cli

import (
	"context"
	"errors"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestAnEndedCommandDoesNotBlameTheServer ends a command at its own side, then
// has the server break off: each is called what it is.
func TestAnEndedCommandDoesNotBlameTheServer(t *testing.T) {
	dir, err := os.MkdirTemp("", "socket") // a socket's path is short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	listener, err := net.Listen("unix", filepath.Join(dir, socketName))
	if err != nil {
		t.Fatal(err)
	}
	ctx, end := context.WithCancelCause(t.Context())
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("name") == "break" {
			w.WriteHeader(http.StatusOK)
			return
		}
		end(errors.New("interrupt signal received"))
		<-r.Context().Done()
	})}
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(func() { _ = server.Close() })
	ask := func(ctx context.Context, name string) string {
		t.Helper()
		err := askServer(ctx, dir, name, []byte("{}"), func(string) {}, new(any))
		if err == nil {
			t.Fatal("no error")
		}
		return err.Error()
	}
	if got := ask(t.Context(), "break"); !strings.Contains(got, "the server stopped") || !strings.Contains(got, "start the command again") {
		t.Errorf("the server broke off: %s", got)
	}
	if got := ask(ctx, "hang"); strings.Contains(got, "the server stopped") || strings.Contains(got, "another process") || !strings.Contains(got, "interrupt signal") {
		t.Errorf("the command was ended: %s", got)
	}
}

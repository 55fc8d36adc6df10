package cli

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"

	"halotrack.ai/halotrack/internal/portfolio"
)

// The server's socket speaks HTTP: POST /run?name=… with the request as JSON
// answers lines of messages, the last one with the result or the error;
// GET /health answers as the public address does, and says what ends soon. Whoever may open the socket
// file may do what the commands do; it is the owner's alone.

// message is one line of an answer.
type message struct {
	Progress string          `json:"progress,omitempty"`
	Result   json.RawMessage `json:"result,omitempty"`
	Error    string          `json:"error,omitempty"`
	Usage    bool            `json:"usage,omitempty"`
}

// maxRequest is the largest request, in bytes: the file of an import, in base64.
const maxRequest = portfolio.MaxSheet/3*4 + 1<<20

// maxSocketPath is the shortest limit among the systems we run on.
const maxSocketPath = 100

// listenSocket opens the server's socket in dir. The folder's lock is held, so
// a file that lies there was left by a process that is gone.
func listenSocket(dir string) (net.Listener, error) {
	path := filepath.Join(dir, socketName)
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("remove the socket of a process that is gone: %w", err)
	}
	if len(path) > maxSocketPath {
		return nil, fmt.Errorf("the path of the data folder is too long for a socket (%d bytes, at most %d): choose a shorter one", len(path), maxSocketPath)
	}
	l, err := net.Listen("unix", path)
	if err != nil {
		return nil, fmt.Errorf("open the socket for commands: %w", err)
	}
	return l, os.Chmod(path, 0o600)
}

// serveSocket answers commands until ctx ends.
func (a *appliance) serveSocket(ctx context.Context, l net.Listener) error {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /run", a.runCommand)
	mux.HandleFunc("GET /health", func(w http.ResponseWriter, r *http.Request) {
		h := a.health(r.Context())
		var err error
		if h.Soon, err = a.soon(); err != nil {
			a.Log.Error("could not look at the application secrets", slog.Any("error", err))
		}
		if h.Advice, err = a.advice(); err != nil {
			a.Log.Error("could not look at the administrators", slog.Any("error", err))
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(h.code())
		_ = json.NewEncoder(w).Encode(h)
	})
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second, BaseContext: func(net.Listener) context.Context { return ctx }}
	stop := context.AfterFunc(ctx, func() { _ = server.Close() })
	defer stop()
	if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

func (a *appliance) runCommand(w http.ResponseWriter, r *http.Request) {
	var mu sync.Mutex
	encoder := json.NewEncoder(w)
	send := func(m message) {
		mu.Lock()
		defer mu.Unlock()
		_ = encoder.Encode(m)
		_ = http.NewResponseController(w).Flush()
	}
	var request bytes.Buffer
	if _, err := request.ReadFrom(http.MaxBytesReader(w, r.Body, maxRequest)); err != nil {
		send(message{Error: "the request is too large"})
		return
	}
	run, ok := operations[r.URL.Query().Get("name")]
	if !ok {
		send(message{Error: "the server is of another version and does not know this command: restart it", Usage: true})
		return
	}
	value, err := run(r.Context(), a, request.Bytes(), func(line string) { send(message{Progress: line}) })
	if err == nil {
		var raw []byte
		if raw, err = json.Marshal(value); err == nil {
			send(message{Result: raw})
			return
		}
	}
	send(message{Error: err.Error(), Usage: errors.As(err, new(usageError))})
}

func socketClient(dir string) *http.Client {
	return &http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", filepath.Join(dir, socketName))
	}}}
}

// endedHere is the error of a command that a signal or a deadline ended while
// the server worked for it.
func endedHere(ctx context.Context) error {
	return fmt.Errorf("this command was ended before the answer came; the server goes on fetching by itself (%w)", context.Cause(ctx))
}

// askServer has the running server perform the operation.
func askServer(ctx context.Context, dir, name string, raw []byte, progress func(string), result any) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://halotrack/run", bytes.NewReader(raw))
	if err != nil {
		return err
	}
	query := request.URL.Query()
	query.Set("name", name)
	request.URL.RawQuery = query.Encode()
	response, err := socketClient(dir).Do(request)
	if ctx.Err() != nil {
		return endedHere(ctx)
	}
	if err != nil {
		return fmt.Errorf("another process holds %s but does not answer on its socket; wait until it is done: %w", dir, err)
	}
	defer response.Body.Close()
	lines := bufio.NewScanner(response.Body)
	lines.Buffer(nil, 64<<20)
	for lines.Scan() {
		var m message
		if err := json.Unmarshal(lines.Bytes(), &m); err != nil {
			return fmt.Errorf("read the server's answer: %w", err)
		}
		switch {
		case m.Progress != "":
			progress(m.Progress)
		case m.Error != "" && m.Usage:
			return usageError{errors.New(m.Error)}
		case m.Error != "":
			return errors.New(m.Error)
		default:
			return json.Unmarshal(m.Result, result)
		}
	}
	if ctx.Err() != nil {
		return endedHere(ctx)
	}
	return fmt.Errorf("the server stopped before it was done: start the command again (%w)", cmp.Or(lines.Err(), io.ErrUnexpectedEOF))
}

package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"halotrack.ai/halotrack/internal/database"
)

// operation is a command that needs the data folder. It runs in the process
// that owns the folder: in this one if no server is up, else in the server,
// reached through its unix socket (design decision 14).
type operation func(ctx context.Context, a *appliance, request json.RawMessage, progress func(string)) (any, error)

// operations are all there are, by the name under which the server runs them.
var operations = map[string]operation{
	"user add": typed(addUser),
	"connect":  typed(connectAccount),
	"import":   typed(importProducts),
	"sync":     typed(syncAccounts),
	"audit":    typed(computeAudit),
	"log":      typed(verifyLog),
}

// typed makes an operation of a function over its own request and result.
func typed[Q, R any](fn func(context.Context, *appliance, Q, func(string)) (R, error)) operation {
	return func(ctx context.Context, a *appliance, raw json.RawMessage, progress func(string)) (any, error) {
		var request Q
		if err := json.Unmarshal(raw, &request); err != nil {
			return nil, fmt.Errorf("read the request: %w", err)
		}
		return fn(ctx, a, request, progress)
	}
}

// perform runs the operation where the folder's owner is and reads its result.
func perform[R any](ctx context.Context, p *Program, name string, request any) (R, error) {
	var result R
	raw, err := json.Marshal(request)
	if err != nil {
		return result, fmt.Errorf("write the request: %w", err)
	}
	progress := p.progress()
	a, err := open(ctx, p.options())
	if errors.Is(err, database.ErrLocked) {
		return result, askServer(ctx, p.dir, name, raw, progress, &result)
	}
	if err != nil {
		return result, configurationError(err)
	}
	value, err := operations[name](ctx, a, raw, progress)
	if err = errors.Join(err, a.Close()); err != nil {
		return result, err
	}
	return value.(R), nil
}

// progress tells a person at a terminal how far long work has come; a pipe
// gets nothing.
func (p *Program) progress() func(string) {
	if !isTerminal(p.Stderr) {
		return func(string) {}
	}
	return func(line string) { fmt.Fprintln(p.Stderr, line) }
}

// print writes the result: as one JSON value, or as a person reads it.
func (p *Program) print(value any, text func(io.Writer)) error {
	if !p.json {
		text(plain{p.Stdout})
		return nil
	}
	encoder := json.NewEncoder(p.Stdout)
	encoder.SetEscapeHTML(false)
	return encoder.Encode(value)
}

// unknownAccount says where an account's id is found.
func unknownAccount(id string) error {
	return usageError{fmt.Errorf("--account %s: there is no such account; its id is the one that user add printed, and stands in the address of its pages after /accounts/", id)}
}

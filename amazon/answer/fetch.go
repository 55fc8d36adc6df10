package answer

import (
	"context"
	"encoding/json/v2"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
)

// Refused makes the error of an answer that is not a success, of which body
// may be cut off or missing.
type Refused func(res *http.Response, body []byte) error

// Read sends the request of operation op and decodes a success of at most so
// many bytes into out. It returns the answer's header, nil if none came. No
// error holds the address or anything of a success, which may hold a presigned
// address.
func Read(client *http.Client, req *http.Request, op string, most int64, out any, refused Refused) (http.Header, error) {
	res, err := client.Do(req)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", op, withoutAddress(err))
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, most+1))
	switch {
	case res.StatusCode < 200 || res.StatusCode > 299:
		err = refused(res, body)
	case err != nil:
		err = fmt.Errorf("%s: read the answer: %w", op, err)
	case int64(len(body)) > most || json.Unmarshal(body, out) != nil:
		err = fmt.Errorf("%s: %w", op, ErrUnreadable)
	}
	return res.Header, err
}

// Download returns the bytes at a presigned address as its host sends them. No
// header goes there but the user agent.
func Download(ctx context.Context, client *http.Client, op, address, agent string, refused Refused) (io.ReadCloser, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, fmt.Errorf("%s: the address is not usable", op)
	}
	req.Header.Set("User-Agent", agent)
	// Keeps net/http from asking for, and undoing, a compression of its own.
	req.Header.Set("Accept-Encoding", "identity")
	res, err := client.Do(req)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", op, withoutAddress(err))
	}
	if res.StatusCode != http.StatusOK {
		res.Body.Close() // XML of the host, which may name the address
		return nil, refused(res, nil)
	}
	return res.Body, nil
}

// withoutAddress drops the URL that net/http puts into its errors: a presigned
// one is a secret.
func withoutAddress(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err
	}
	return err
}

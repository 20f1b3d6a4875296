package nodeodm

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"upwind"
)

const (
	tries     = 5
	maxAnswer = 1 << 20
)

func (c Client) address(path string) string {
	u := strings.TrimSuffix(c.URL, "/") + "/" + path
	if c.Token != "" {
		u += "?token=" + url.QueryEscape(c.Token)
	}
	return u
}

// ask gets an answer, and asks again where the connection or the server fails.
func (c Client) ask(ctx context.Context, path string, out any) error {
	return c.try(ctx, func() (*http.Request, error) {
		return http.NewRequestWithContext(ctx, http.MethodGet, c.address(path), nil)
	}, out)
}

func (c Client) send(ctx context.Context, path, kind string, body func() (io.Reader, error), out any) error {
	return c.try(ctx, func() (*http.Request, error) {
		r, err := body()
		if err != nil {
			return nil, err
		}
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.address(path), r)
		if err == nil && kind != "" {
			req.Header.Set("Content-Type", kind)
		}
		return req, err
	}, out)
}

func (c Client) try(ctx context.Context, request func() (*http.Request, error), out any) error {
	var last error
	for k := range tries {
		if k > 0 {
			if err := pause(ctx, c.Pause); err != nil {
				return err
			}
		}
		req, err := request()
		if err != nil {
			return err
		}
		resp, err := c.HTTP.Do(req)
		if err != nil {
			last = err
			if ctx.Err() != nil {
				return ctx.Err()
			}
			continue
		}
		text, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
		resp.Body.Close()
		switch {
		case err != nil:
			last = err
		case resp.StatusCode == http.StatusUnauthorized || resp.StatusCode == http.StatusForbidden:
			return c.says("it asks for a token", "")
		case resp.StatusCode >= 500:
			last = fmt.Errorf("it answers %s", resp.Status)
		default:
			if err := json.Unmarshal(text, out); err != nil {
				return c.says("it does not answer as a NodeODM server does", resp.Status)
			}
			return nil
		}
	}
	return c.fails(last)
}

func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

// says is a refusal with the server's own words. The address is shown without a token.
func (c Client) says(what, words string) error {
	if words != "" {
		what += ": " + words
	}
	return upwind.Refuse(c.URL, "", what, "look at the server's own page, or start the task anew there")
}

func (c Client) fails(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		err = u.Err // its text would show the token
	}
	return upwind.Passing(fmt.Errorf("nodeodm: %s does not answer: %w", c.URL, err))
}

// Package hub is a client of JupyterHub: it logs in as a user does in a browser, starts
// the user's server, and runs cells there over the server's WebSocket. The load test
// and the tests of a class use it.
package hub

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
)

// bodyLimit is how much of an answer is read. A notebook has some megabytes at most.
const bodyLimit = 64 << 20

// A Client is a user who is logged in.
type Client struct {
	Name  string
	base  string // the Hub's address without a slash at its end
	token string
}

// StatusError is the answer to a request that failed.
type StatusError struct {
	Request string // such as "POST /hub/login"
	Code    int
	Text    string // the beginning of what the server said
}

func (e *StatusError) Error() string {
	return fmt.Sprintf("%s: status %d: %s", e.Request, e.Code, e.Text)
}

// Login logs in with a name and a password at the Hub's login page, and asks for a
// token, which all later requests use.
func Login(ctx context.Context, base, name, password string) (*Client, error) {
	c := &Client{Name: name, base: strings.TrimSuffix(base, "/")}
	if err := c.login(ctx, password); err != nil {
		return nil, fmt.Errorf("log in as %s: %w", name, err)
	}
	return c, nil
}

func (c *Client) login(ctx context.Context, password string) error {
	jar, err := cookiejar.New(nil)
	if err != nil {
		return err
	}
	// The answer to the form is a redirection, also where the page behind it fails.
	browser := &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	page, err := url.Parse(c.base + "/hub/login")
	if err != nil {
		return err
	}
	xsrf := func() string {
		for _, cookie := range jar.Cookies(page) {
			if cookie.Name == "_xsrf" {
				return cookie.Value
			}
		}
		return ""
	}
	if err := send(ctx, browser, http.MethodGet, page.String(), nil, nil, nil); err != nil {
		return err
	}
	form := url.Values{"username": {c.Name}, "password": {password}, "_xsrf": {xsrf()}}
	header := http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}
	if err := send(ctx, browser, http.MethodPost, page.String(), header, strings.NewReader(form.Encode()), nil); err != nil {
		return err
	}
	var made struct{ Token string }
	header = http.Header{"Content-Type": {"application/json"}, "X-XSRFToken": {xsrf()}, "Referer": {page.String()}}
	err = send(ctx, browser, http.MethodPost, c.base+"/hub/api/users/"+c.Name+"/tokens", header, strings.NewReader("{}"), &made)
	if err == nil && made.Token == "" {
		err = errors.New("the Hub gave no token")
	}
	c.token = made.Token
	return err
}

// Hub sends a request to the Hub's API; path is what follows /hub/api. The request's
// body is in as JSON, and the answer is decoded into out. Both may be nil.
func (c *Client) Hub(ctx context.Context, method, path string, in, out any) error {
	return c.call(ctx, method, c.base+"/hub/api"+path, in, out)
}

func (c *Client) call(ctx context.Context, method, address string, in, out any) error {
	var body io.Reader
	if in != nil {
		text, err := json.Marshal(in)
		if err != nil {
			return err
		}
		body = bytes.NewReader(text)
	}
	return send(ctx, http.DefaultClient, method, address, c.authorization(), body, out)
}

func (c *Client) authorization() http.Header {
	return http.Header{"Authorization": {"token " + c.token}}
}

func send(ctx context.Context, client *http.Client, method, address string, header http.Header, body io.Reader, out any) error {
	request, err := http.NewRequestWithContext(ctx, method, address, body)
	if err != nil {
		return err
	}
	if header != nil {
		request.Header = header
	}
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(io.LimitReader(response.Body, bodyLimit))
	if err != nil {
		return fmt.Errorf("%s %s: %w", method, request.URL.Path, err)
	}
	if response.StatusCode >= 400 {
		return &StatusError{method + " " + request.URL.Path, response.StatusCode, string(text[:min(len(text), 300)])}
	}
	if out == nil {
		return nil
	}
	if err := json.Unmarshal(text, out); err != nil {
		return fmt.Errorf("%s %s: %w", method, request.URL.Path, err)
	}
	return nil
}

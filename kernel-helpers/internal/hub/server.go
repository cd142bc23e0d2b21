package hub

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
)

// A Server is a Jupyter server behind the Hub: a user's own, or a service.
type Server struct {
	client *Client
	prefix string // of its paths, without a slash at its end
}

// Start starts the user's server, unless it runs, and waits until it is ready.
func (c *Client) Start(ctx context.Context) (*Server, error) {
	err := c.Hub(ctx, http.MethodPost, "/users/"+c.Name+"/server", struct{}{}, nil)
	if failed, isStatus := errors.AsType[*StatusError](err); isStatus && failed.Code == http.StatusBadRequest && strings.Contains(failed.Text, "already running") {
		err = nil
	}
	if err == nil {
		err = c.awaitReady(ctx)
	}
	if err != nil {
		return nil, fmt.Errorf("start %s's server: %w", c.Name, err)
	}
	return c.Server(c.Name), nil
}

// Server returns a user's server, which has to be started already.
func (c *Client) Server(user string) *Server {
	return &Server{c, "/user/" + user}
}

// awaitReady reads the Hub's stream of events, which ends when the server is ready or
// has failed.
func (c *Client) awaitReady(ctx context.Context) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, c.base+"/hub/api/users/"+c.Name+"/server/progress", nil)
	if err != nil {
		return err
	}
	request.Header = c.authorization()
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode >= 400 {
		return &StatusError{"GET " + request.URL.Path, response.StatusCode, ""}
	}
	last := "the Hub said nothing about it"
	for lines := bufio.NewScanner(response.Body); lines.Scan(); {
		data, isData := strings.CutPrefix(lines.Text(), "data:")
		if !isData {
			continue
		}
		var event struct {
			Ready, Failed bool
			Message       string
		}
		if err := json.Unmarshal([]byte(data), &event); err != nil {
			return fmt.Errorf("event %q: %w", data, err)
		}
		if event.Ready {
			return nil
		}
		last = event.Message
		if event.Failed {
			break
		}
	}
	return errors.Join(errors.New(last), ctx.Err())
}

// Stop ends the user's server.
func (c *Client) Stop(ctx context.Context) error {
	if err := c.Hub(ctx, http.MethodDelete, "/users/"+c.Name+"/server", nil, nil); err != nil {
		return fmt.Errorf("stop %s's server: %w", c.Name, err)
	}
	return nil
}

// Service returns a service of the Hub that is a Jupyter server.
func (c *Client) Service(name string) *Server {
	return &Server{c, "/services/" + name}
}

// Call sends a request to the server; path begins with a slash, such as /api/contents.
// The request's body is in as JSON, and the answer is decoded into out. Both may be nil.
func (s *Server) Call(ctx context.Context, method, path string, in, out any) error {
	return s.client.call(ctx, method, s.client.base+s.prefix+path, in, out)
}

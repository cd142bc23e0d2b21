package sites

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"syscall"
)

// Download gets a URL with client, or with http.DefaultClient if client is nil,
// and returns the size of its body in bytes. It reads the body to the end, so
// that the client can reuse the connection, and discards it. Any status other
// than 200 and a body that ends early are errors. Errors contain the URL.
func Download(ctx context.Context, client *http.Client, url string) (int, error) {
	body, err := get(ctx, client, url, nil)
	if err != nil {
		return 0, err
	}
	defer body.Close()
	n, err := io.Copy(io.Discard, body)
	if err != nil {
		return int(n), downloadError(url, err)
	}
	return int(n), nil
}

// Lengths downloads a URL with compression. It returns the length of the body
// as sent over the network, and its uncompressed length, in bytes. They are
// equal if the server does not compress.
func Lengths(ctx context.Context, client *http.Client, url string) (compressed, uncompressed int, err error) {
	// A request that sets Accept-Encoding itself gets the body as sent.
	body, err := get(ctx, client, url, http.Header{"Accept-Encoding": {"gzip"}})
	if err != nil {
		return 0, 0, err
	}
	defer body.Close()
	sent, err := io.ReadAll(body)
	if err != nil {
		return 0, 0, downloadError(url, err)
	}
	if body.encoding == "" {
		return len(sent), len(sent), nil
	}
	unzipped, err := gzip.NewReader(bytes.NewReader(sent))
	if err != nil {
		return 0, 0, downloadError(url, err)
	}
	n, err := io.Copy(io.Discard, unzipped)
	if err != nil {
		return 0, 0, downloadError(url, err)
	}
	return len(sent), int(n), nil
}

// An openBody is the body of a response with status 200, and its encoding, ""
// or "gzip".
type openBody struct {
	io.ReadCloser
	encoding string
}

func get(ctx context.Context, client *http.Client, url string, header http.Header) (*openBody, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, downloadError(url, err)
	}
	if header != nil {
		req.Header = header
	}
	noteSettings(req.URL.Host)
	if client == nil {
		client = http.DefaultClient
	}
	resp, err := client.Do(req)
	if err != nil {
		return nil, downloadError(url, err)
	}
	if resp.StatusCode != http.StatusOK {
		defer resp.Body.Close()
		return nil, downloadError(url, statusError(resp))
	}
	return &openBody{resp.Body, resp.Header.Get("Content-Encoding")}, nil
}

// statusError returns an error for a response with another status than 200. It
// reads the rest of a short body, so that the connection can be reused.
func statusError(resp *http.Response) error {
	const short = 64 << 10
	io.Copy(io.Discard, io.LimitReader(resp.Body, short))
	if reason := resp.Header.Get(reasonHeader); reason != "" {
		return fmt.Errorf("status %d: %s", resp.StatusCode, reason)
	}
	return fmt.Errorf("status %d", resp.StatusCode)
}

// downloadError adds the URL to err, once: the errors of http.Client contain it
// too.
func downloadError(of string, err error) error {
	if wrapped, ok := errors.AsType[*url.Error](err); ok {
		err = wrapped.Err
	}
	if errors.Is(err, syscall.EMFILE) {
		err = fmt.Errorf("%w (%s)", err, openFilesRemedy())
	}
	return fmt.Errorf("sites: download %s: %w", of, err)
}

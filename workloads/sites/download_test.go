package sites

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"syscall"
	"testing"
)

type transportFunc func(*http.Request) (*http.Response, error)

func (f transportFunc) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// serve runs a handler in this process, for responses that the child never
// sends.
func serve(t *testing.T, handler http.HandlerFunc) (url string) {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server.URL
}

func TestADownloadThatFailsNamesItsURLOnce(t *testing.T) {
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	closed := httptest.NewServer(nil)
	closed.Close()

	for name, test := range map[string]struct {
		ctx  context.Context
		url  string
		want string
		is   error
	}{
		"a status":             {url: serve(t, http.NotFound), want: "status 404"},
		"a body cut short":     {url: serve(t, cutShort), is: io.ErrUnexpectedEOF},
		"no server":            {url: closed.URL, is: syscall.ECONNREFUSED},
		"a cancelled context":  {url: closed.URL, ctx: cancelled, is: context.Canceled},
		"a URL without scheme": {url: "nowhere", want: "unsupported protocol scheme"},
		"a malformed URL":      {url: ":", want: "missing protocol scheme"},
	} {
		t.Run(name, func(t *testing.T) {
			if test.ctx == nil {
				test.ctx = t.Context()
			}
			_, err := Download(test.ctx, newClient(t), test.url)
			if err == nil {
				t.Fatal("got no error")
			}
			if !strings.HasPrefix(err.Error(), "sites: download "+test.url+": ") || strings.Count(err.Error(), test.url) != 1 && len(test.url) > 1 {
				t.Errorf("the error %q contains %s more than once, or not at all", err, test.url)
			}
			if !strings.Contains(err.Error(), test.want) || test.is != nil && !errors.Is(err, test.is) {
				t.Errorf("got error %q, want %q %v", err, test.want, test.is)
			}
			if _, _, lengthsErr := Lengths(test.ctx, newClient(t), test.url); lengthsErr == nil {
				t.Error("Lengths: got no error")
			}
		})
	}
}

func TestAFailedDownloadKeepsTheConnection(t *testing.T) {
	s := newServer(t, Latency(0), Fail(Short, Status(500), Works()))
	short := s.URLs(1)[1]
	for range 3 {
		if _, err := Download(t.Context(), s.Client(), short); err == nil || !strings.HasSuffix(err.Error(), ": status 500") {
			t.Fatalf("got error %v, want status 500", err)
		}
		if _, err := Download(t.Context(), s.Client(), short); err != nil {
			t.Fatal(err)
		}
	}
	for range 3 { // a response with a body
		if _, err := Download(t.Context(), s.Client(), short+"/none"); err == nil {
			t.Fatal("got no error")
		}
	}
	if n := stats(t, s).Connections; n != 1 {
		t.Errorf("got %d connections for nine successive requests, want 1", n)
	}
}

func TestAMissingDescriptorIsAnErrorWithItsRemedy(t *testing.T) {
	client := &http.Client{Transport: transportFunc(func(*http.Request) (*http.Response, error) {
		return nil, &net.OpError{Op: "dial", Err: os.NewSyscallError("socket", syscall.EMFILE)}
	})}
	_, err := Download(t.Context(), client, "http://127.0.0.1/")
	if err == nil || !strings.Contains(err.Error(), "ulimit -n") {
		t.Errorf("got error %v, want one with a remedy", err)
	}
}

func TestLengthsReturnsBothLengths(t *testing.T) {
	zipping, plain := newServer(t, Latency(0), Gzip()), newServer(t, Latency(0))
	for i, want := range [][2]int{{5112, 18547}, {8104, 32524}} {
		compressed, whole, err := Lengths(t.Context(), zipping.Client(), zipping.Blog()[i])
		if compressed != want[0] || whole != want[1] || err != nil {
			t.Errorf("Lengths: got %d, %d, %v; want %v", compressed, whole, err, want)
		}
		if n, err := Download(t.Context(), zipping.Client(), zipping.Blog()[i]); n != want[1] || err != nil {
			t.Errorf("Download: got %d, %v; want %d bytes uncompressed", n, err, want[1])
		}
		compressed, whole, err = Lengths(t.Context(), plain.Client(), plain.Blog()[i])
		if compressed != want[1] || whole != want[1] || err != nil {
			t.Errorf("without compression, Lengths: got %d, %d, %v; want %d twice", compressed, whole, err, want[1])
		}
	}
}

func TestLengthsFailsIfTheBodyIsNotGzip(t *testing.T) {
	for name, body := range map[string]string{"not gzip": "hello", "empty": ""} {
		url := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			w.Write([]byte(body))
		})
		if _, _, err := Lengths(t.Context(), newClient(t), url); err == nil || !strings.Contains(err.Error(), url) {
			t.Errorf("%s: got error %v, want one that contains %s", name, err, url)
		}
	}
	url := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		zipped, _ := zip(text(1000), 0)
		w.Write(zipped[:len(zipped)/2])
	})
	if _, _, err := Lengths(t.Context(), newClient(t), url); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("half of a gzip body: got error %v, want an unexpected EOF", err)
	}
}

func cutShort(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Length", "1000")
	w.Write(make([]byte, 10))
}

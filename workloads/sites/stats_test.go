package sites

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

// A watchedWriter calls look before each write.
type watchedWriter struct {
	*httptest.ResponseRecorder
	look func()
}

func (w watchedWriter) Write(p []byte) (int, error) {
	w.look()
	return w.ResponseRecorder.Write(p)
}

// A client may have received a whole response, and send its next request,
// before the handler returns.
func TestARequestIsDoneBeforeItsLastBytesAreSent(t *testing.T) {
	for name, opts := range map[string][]Option{
		"a page":            nil,
		"with a rate limit": {Bandwidth(1 << 30)},
		"a slow page":       {Fail(Long, SlowBody(0))},
		"a compressed page": {Gzip()},
		"a failure":         {Fail(Long, Status(500))},
	} {
		t.Run(name, func(t *testing.T) {
			set, err := newSettings(append(opts, Latency(0)))
			if err != nil {
				t.Fatal(err)
			}
			s, err := newService(set)
			if err != nil {
				t.Fatal(err)
			}
			s.listener = newLimitedListener(nil, set, &s.counters)
			var inFlight []int
			w := watchedWriter{httptest.NewRecorder(), func() { inFlight = append(inFlight, s.counters.stats().InFlight) }}
			s.ServeHTTP(w, httptest.NewRequest(http.MethodGet, string(Long), nil))
			if n := len(inFlight); n > 0 && inFlight[n-1] != 0 {
				t.Errorf("got %v in flight at the writes, want 0 at the last", inFlight)
			}
			if got := s.counters.stats(); got.InFlight != 0 || got.MostInFlight != 1 {
				t.Errorf("afterwards: got %+v, want none in flight", got)
			}
		})
	}
}

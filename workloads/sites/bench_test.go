package sites

import (
	"net/http"
	"testing"
	"time"
)

func BenchmarkStart(b *testing.B) {
	for name, opts := range map[string][]Option{"plain": nil, "with TLS and gzip": {TLS(), Gzip()}} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				s, err := Start(b.Context(), opts...)
				if err != nil {
					b.Fatal(err)
				}
				b.StopTimer()
				if err := s.Close(); err != nil {
					b.Fatal(err)
				}
				b.StartTimer()
			}
		})
	}
}

// BenchmarkDownload measures a download on a reused connection and on a new
// one.
func BenchmarkDownload(b *testing.B) {
	for name, opts := range map[string][]Option{"plain": nil, "TLS": {TLS()}} {
		s := newServer(b, append(opts, Latency(0))...)
		reused := s.Client()
		transport := reused.Transport.(*http.Transport).Clone()
		transport.DisableKeepAlives = true
		fresh := &http.Client{Transport: transport}
		var took [2]time.Duration
		for i, client := range []*http.Client{reused, fresh} {
			b.Run(name+"/"+[]string{"reused", "new"}[i], func(b *testing.B) {
				urls := s.URLs(1)
				for b.Loop() {
					for _, u := range urls {
						if _, err := Download(b.Context(), client, u); err != nil {
							b.Fatal(err)
						}
					}
				}
				took[i] = b.Elapsed() / time.Duration(b.N)
				if i == 1 && took[0] > 0 {
					b.ReportMetric(float64(took[1])/float64(took[0]), "times-reused")
				}
			})
		}
	}
}

func BenchmarkStats(b *testing.B) {
	s := newServer(b)
	for b.Loop() {
		if _, err := s.Stats(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
}

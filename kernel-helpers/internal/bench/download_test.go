package bench

import (
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"

	"golang.org/x/sync/errgroup"

	"example.com/speedup/workloads/sites"
)

// Two rounds of 4 requests, all in flight at once: the second round reuses the
// 4 connections of the first.
func TestTheClientKeepsAConnectionForEachWorker(t *testing.T) {
	const workers = 4
	var arrived sync.WaitGroup
	var connections atomic.Int32
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		arrived.Done()
		arrived.Wait()
	}))
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			connections.Add(1)
		}
	}
	server.Start()
	defer server.Close()
	client := newClient(workers)
	defer client.CloseIdleConnections()
	for range 2 {
		arrived.Add(workers)
		var group errgroup.Group
		for range workers {
			group.Go(func() error {
				_, err := sites.Download(t.Context(), client, server.URL)
				return err
			})
		}
		if err := group.Wait(); err != nil {
			t.Fatal(err)
		}
	}
	if got := connections.Load(); got != workers {
		t.Errorf("got %d connections, want %d", got, workers)
	}
}

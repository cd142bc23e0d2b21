package sites

import (
	"maps"
	"testing"
	"time"

	"example.com/speedup/kernel-helpers/base/experiment"
)

func TestADownloadNotesWhatIsChanged(t *testing.T) {
	for _, c := range []struct {
		options []Option
		want    map[string]string
	}{
		{nil, map[string]string{}},
		{[]Option{Latency(2 * time.Millisecond), ConnectCost(time.Millisecond)}, map[string]string{"latency": "2 ms", "connection": "1 ms"}},
		{[]Option{Gzip(), MaxConnections(7)}, map[string]string{"gzip": "yes", "most connections": "7"}},
	} {
		server, err := Start(t.Context(), c.options...)
		if err != nil {
			t.Fatal(err)
		}
		experiment.Take()
		if _, err := Download(t.Context(), nil, server.URLs(1)[0]); err != nil {
			t.Error(err)
		}
		if got := experiment.Take(); !maps.Equal(got, c.want) {
			t.Errorf("noted %v, want %v", got, c.want)
		}
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	}
}

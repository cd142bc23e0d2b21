package experiment

import (
	"maps"
	"testing"
)

func TestSettingsAreTakenOnce(t *testing.T) {
	Note("latency", "20 ms")
	Note("latency", "30 ms")
	Note("connection", "5 ms")
	want := map[string]string{"latency": "30 ms", "connection": "5 ms"}
	if got := Take(); !maps.Equal(got, want) {
		t.Errorf("took %v, want %v", got, want)
	}
	if got := Take(); len(got) != 0 {
		t.Errorf("took %v a second time, want nothing", got)
	}
}

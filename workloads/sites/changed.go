package sites

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"example.com/speedup/kernel-helpers/base/experiment"
)

// changed holds, by the host of each server of this process that has other
// settings than the default, what is different.
var changed sync.Map // string: map[string]string

// differences returns the settings that change how long a download takes, in
// words, without those that have their default.
func (s settings) differences() map[string]string {
	words := map[string]string{}
	if s.Latency != defaultLatency {
		words["latency"] = inWords(s.Latency)
	}
	if s.ConnectCost != 0 {
		words["connection"] = inWords(s.ConnectCost)
	}
	if s.TLS {
		words["TLS"] = "yes"
	}
	if s.MaxConnections > 0 {
		words["most connections"] = fmt.Sprint(s.MaxConnections)
	}
	if s.Bandwidth > 0 {
		words["bandwidth"] = fmt.Sprintf("%d B/s", s.Bandwidth)
	}
	if s.Gzip {
		words["gzip"] = "yes"
	}
	if len(s.Failures) > 0 {
		words["failures"] = fmt.Sprint(slices.Sorted(maps.Keys(s.Failures)))
	}
	return words
}

// inWords writes a duration as people do: "50 ms".
func inWords(d time.Duration) string {
	text := d.String()
	unit := strings.TrimLeft(text, "0123456789.")
	return strings.TrimSuffix(text, unit) + " " + unit
}

// noteSettings says which settings the server at this host has, if it is one of
// ours with other settings than the default.
func noteSettings(host string) {
	words, found := changed.Load(host)
	if !found {
		return
	}
	for name, value := range words.(map[string]string) { // only differences are stored
		experiment.Note(name, value)
	}
}

package timing

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"sync"
)

const (
	resultsEnv  = "SPEEDUP_RESULTS"
	resultsFile = "measured.json"
)

var kept = &keeper{path: resultsPath()}

func resultsPath() string {
	switch path := os.Getenv(resultsEnv); path {
	case "":
		return resultsFile
	case "off":
		return ""
	default:
		return path
	}
}

// keeper holds this program's results in memory and, where it has a path, all
// programs' results in a file.
type keeper struct {
	path string // "" keeps nothing beyond the program

	mu     sync.Mutex
	own    []Result
	warned bool
}

// keep stores r and returns it as stored, with its count of runs.
func (k *keeper) keep(r Result) Result {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.path != "" {
		err := change(k.path, func(all []Result) []Result {
			all, r = merge(all, r)
			return all
		})
		if err == nil {
			k.own, _ = put(k.own, r)
			return r
		}
		k.warn(err)
	}
	k.own, r = merge(k.own, r)
	return r
}

// all returns the kept results, oldest name first, with this program's own
// where the file couldn't take them.
func (k *keeper) all() []Result {
	k.mu.Lock()
	defer k.mu.Unlock()
	var all []Result
	if k.path != "" {
		var err error
		if all, err = load(k.path); err != nil {
			k.warn(err)
		}
	}
	for _, r := range k.own {
		if i := find(all, r); i < 0 || all[i].Date.Before(r.Date) {
			all, _ = put(all, r)
		}
	}
	return all
}

// warn says once that results are not kept; a run is worth more than its record.
func (k *keeper) warn(err error) {
	if !k.warned {
		k.warned = true
		fmt.Fprintf(os.Stderr, "timing: %v: results are not kept (%s names another file)\n", err, resultsEnv)
	}
}

// merge puts r in the place of the result with its name and settings, and
// counts the runs on one machine.
func merge(all []Result, r Result) ([]Result, Result) {
	if i := find(all, r); i >= 0 && all[i].Machine.same(r.Machine) {
		r.Runs = all[i].Runs + 1
	}
	return put(all, r)
}

func put(all []Result, r Result) ([]Result, Result) {
	if i := find(all, r); i >= 0 {
		all[i] = r
		return all, r
	}
	return append(all, r), r
}

func find(all []Result, r Result) int {
	return slices.IndexFunc(all, func(o Result) bool {
		return o.Name == r.Name && maps.Equal(o.Settings, r.Settings)
	})
}

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

// A keeper holds this program's results in memory and, if it has a path, all
// programs' results in a file.
type keeper struct {
	path string // "" keeps results for this program only

	mu     sync.Mutex
	own    []Result
	warned bool
}

// keep stores r and returns it with its number of runs.
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

// all returns the kept results in the order in which their names were first
// kept. This program's own results are included even if the file couldn't take
// them.
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

// warn reports once that results are not kept. That is no reason to fail the
// run.
func (k *keeper) warn(err error) {
	if !k.warned {
		k.warned = true
		fmt.Fprintf(os.Stderr, "timing: %v: results are not kept (%s names another file)\n", err, resultsEnv)
	}
}

// merge replaces the result that has r's name and settings, or adds r. It
// counts the runs on one machine.
func merge(all []Result, r Result) ([]Result, Result) {
	if i := find(all, r); i >= 0 && all[i].Machine.same(r.Machine) {
		r.Runs = all[i].Runs + 1
	}
	return put(all, r)
}

// put replaces the result that has r's name and settings, or adds r.
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

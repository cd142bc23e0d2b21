package supervisor

import (
	"regexp"
	"slices"
	"strings"
	"sync"

	"example.com/speedup/kernel-helpers/internal/supervisor/front"
	"example.com/speedup/kernel-helpers/internal/supervisor/report"
)

// history is the cells that ran in this session, in order.
type history struct {
	mu      sync.Mutex
	counted int
	entries []entry
	running entry
}

// entry is one cell that ran.
type entry struct {
	count    int
	source   string
	declared bool // it succeeded and only declares
}

// next counts a cell that is remembered, and returns the execution count.
func (h *history) next(remembered bool) int {
	h.mu.Lock()
	defer h.mu.Unlock()
	if remembered {
		h.counted++
	}
	return h.counted
}

func (h *history) count() int { return h.next(false) }

// current sets the running cell.
func (h *history) current(count int, source string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.running = entry{count: count, source: source}
}

// add appends a cell that has ended.
func (h *history) add(count int, source string, succeeded bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.entries = append(h.entries, entry{count, source, succeeded && report.Declares(source)})
}

// declared returns the cells to run again when GoNB has lost its declarations.
func (h *history) declared() (found []entry) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, e := range h.entries {
		if e.declared {
			found = append(found, e)
		}
	}
	return found
}

// sources returns the cells that errors may point into.
func (h *history) sources() report.Sources {
	h.mu.Lock()
	defer h.mu.Unlock()
	s := report.Sources{}
	for _, e := range h.entries {
		s[e.count] = e.source
	}
	s[h.running.count] = h.running.source
	return s
}

// historyRequest is the content of a history request.
type historyRequest struct {
	AccessType string `json:"hist_access_type"` // "range", "tail" or "search"
	Output     bool   `json:"output"`
	Session    int    `json:"session"`
	Start      int    `json:"start"`
	Stop       *int   `json:"stop"`
	N          *int   `json:"n"`
	Pattern    string `json:"pattern"`
	Unique     bool   `json:"unique"`
}

// answer returns the content of the reply to a history request. There is only the
// current session, which has number 1. Outputs aren't kept and are null.
func (h *history) answer(r front.Request) map[string]any {
	var request historyRequest
	if err := r.Decode(&request); err != nil {
		return map[string]any{"status": "error", "ename": "BadRequest", "evalue": err.Error(), "traceback": []string{}, "history": [][]any{}}
	}
	found := [][]any{}
	for _, e := range h.find(request) {
		var source any = e.source
		if request.Output {
			source = []any{e.source, nil}
		}
		found = append(found, []any{1, e.count, source})
	}
	return map[string]any{"status": "ok", "history": found}
}

func (h *history) find(request historyRequest) []entry {
	h.mu.Lock()
	all := slices.Clone(h.entries)
	h.mu.Unlock()
	switch request.AccessType {
	case "range":
		if request.Session > 1 || request.Session < -1 {
			return nil
		}
		all = slices.DeleteFunc(all, func(e entry) bool {
			return e.count < request.Start || request.Stop != nil && e.count >= *request.Stop
		})
	case "search":
		pattern := glob(request.Pattern)
		all = slices.DeleteFunc(all, func(e entry) bool { return !pattern.MatchString(e.source) })
		if request.Unique {
			all = latest(all)
		}
	case "tail":
	default:
		return nil
	}
	if request.AccessType != "range" && request.N != nil {
		all = all[max(0, len(all)-max(0, *request.N)):]
	}
	return all
}

// glob converts a search pattern into a regular expression. In the pattern, *
// stands for any text and ? for any character.
func glob(pattern string) *regexp.Regexp {
	quoted := regexp.QuoteMeta(pattern)
	return regexp.MustCompile(`(?s)^` + strings.NewReplacer(`\*`, `.*`, `\?`, `.`).Replace(quoted) + `$`)
}

// latest keeps only the last of the entries with the same source.
func latest(all []entry) []entry {
	seen := map[string]bool{}
	slices.Reverse(all)
	all = slices.DeleteFunc(all, func(e entry) bool {
		again := seen[e.source]
		seen[e.source] = true
		return again
	})
	slices.Reverse(all)
	return all
}

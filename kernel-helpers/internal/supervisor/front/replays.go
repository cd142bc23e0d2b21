package front

import "sync"

// replays remembers the signatures of the latest messages, so that a message that
// somebody recorded and sends again doesn't run again.
type replays struct {
	mu   sync.Mutex
	seen map[string]struct{}
	ring []string
	next int
}

// remembered is how many messages are remembered, as many as in jupyter_client.
const remembered = 1 << 16

// first reports whether a signature is new, and remembers it.
func (r *replays) first(signature string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.seen == nil {
		r.seen, r.ring = map[string]struct{}{}, make([]string, remembered)
	}
	if _, ok := r.seen[signature]; ok {
		return false
	}
	delete(r.seen, r.ring[r.next])
	r.ring[r.next] = signature
	r.next = (r.next + 1) % remembered
	r.seen[signature] = struct{}{}
	return true
}

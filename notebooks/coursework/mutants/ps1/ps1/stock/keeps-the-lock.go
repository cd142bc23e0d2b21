// Where there aren't enough, the lock isn't given back.
// Fails: TestStockTakesAndMoves

// Stock counts what is in stock.
type Stock struct {
	mu     sync.Mutex
	counts map[string]int
}

// NewStock returns a stock that begins with these counts.
func NewStock(counts map[string]int) *Stock {
	return &Stock{counts: maps.Clone(counts)}
}

// Take takes n of an item.
func (s *Stock) Take(item string, n int) bool {
	s.mu.Lock()
	if s.counts[item] < n {
		return false
	}
	s.counts[item] -= n
	s.mu.Unlock()
	return true
}

// Move makes n of one item into n of another.
func (s *Stock) Move(from, to string, n int) bool {
	s.mu.Lock()
	if s.counts[from] < n {
		return false
	}
	s.counts[from] -= n
	s.counts[to] += n
	s.mu.Unlock()
	return true
}

// Counts returns a copy of all counts.
func (s *Stock) Counts() map[string]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.counts)
}

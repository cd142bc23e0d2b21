package queries

import (
	"sync"

	"example.com/speedup/kernel-helpers/base/race"
)

// A ledger holds the data of a fleet's Account.
//
// Its lock is hidden from the race detector, and its methods are not
// instrumented for it. Otherwise they would order the code under test before
// one query before its code after another, and so hide its races. That is why
// the ledger uses slices where maps would be simpler: maps report their uses to
// the race detector themselves.
type ledger struct {
	mu      sync.Mutex
	account Account // without Asked and Left
	queries []*usage
	inside  int // queries being answered
	open    int // workers not closed
}

// A usage records the uses of a query.
type usage struct {
	text    string
	times   int
	crashes int // how many more times it will crash its worker
}

//go:norace
func (l *ledger) lock() {
	race.Disable()
	l.mu.Lock()
}

//go:norace
func (l *ledger) unlock() {
	l.mu.Unlock()
	race.Enable()
}

// query returns the record of a query. The caller must hold the lock.
//
//go:norace
func (l *ledger) query(text string) *usage {
	for _, q := range l.queries {
		if q.text == text {
			return q
		}
	}
	q := &usage{text: text}
	l.queries = append(l.queries, q)
	return q
}

// requested counts a request for a worker and returns its number.
//
//go:norace
func (l *ledger) requested() int {
	l.lock()
	defer l.unlock()
	l.account.Started++
	return l.account.Started
}

//go:norace
func (l *ledger) opened() {
	l.lock()
	defer l.unlock()
	l.open++
	l.account.MostOpen = max(l.account.MostOpen, l.open)
}

//go:norace
func (l *ledger) closed(w *Worker) {
	l.lock()
	defer l.unlock()
	if !w.closed {
		w.closed, w.dead = true, true
		l.open--
	}
}

//go:norace
func (l *ledger) isClosed(w *Worker) bool {
	l.lock()
	defer l.unlock()
	return w.closed
}

// enter records that a query begins and reports whether it should crash the
// worker.
//
//go:norace
func (l *ledger) enter(w *Worker, query string) (crash bool) {
	l.lock()
	defer l.unlock()
	q := l.query(query)
	q.times++
	l.inside++
	w.inside++
	l.account.MostInFlight = max(l.account.MostInFlight, l.inside)
	l.account.MostOnOne = max(l.account.MostOnOne, w.inside)
	if w.dead {
		l.account.AskedAfter++
		return false
	}
	if q.crashes > 0 {
		q.crashes--
		return true
	}
	return false
}

//go:norace
func (l *ledger) leave(w *Worker, crashed bool) {
	l.lock()
	defer l.unlock()
	l.inside--
	w.inside--
	if crashed && !w.dead {
		w.dead = true
		l.account.Crashed++
	}
}

//go:norace
func (l *ledger) read() (Account, []usage) {
	l.lock()
	defer l.unlock()
	var queries []usage
	for _, q := range l.queries {
		queries = append(queries, *q)
	}
	return l.account, queries
}

package queries

import (
	"sync"

	"example.com/speedup/kernel-helpers/base/race"
)

// books are the account that a fleet keeps.
//
// Their lock is hidden from the race detector, and their methods are not
// instrumented for it: they would order what the code under test does before
// one query before what it does after another, and so hide its races. Hence
// slices where maps would do: maps report their uses by themselves.
type books struct {
	mu      sync.Mutex
	account Account // without Asked and Left
	queries []*asked
	inside  int // queries being answered
	open    int // workers not closed
}

// asked is what is known of a query.
type asked struct {
	text    string
	times   int
	crashes int // how often it will crash its worker yet
}

//go:norace
func (b *books) lock() {
	race.Disable()
	b.mu.Lock()
}

//go:norace
func (b *books) unlock() {
	b.mu.Unlock()
	race.Enable()
}

// query needs the lock.
//
//go:norace
func (b *books) query(text string) *asked {
	for _, q := range b.queries {
		if q.text == text {
			return q
		}
	}
	q := &asked{text: text}
	b.queries = append(b.queries, q)
	return q
}

// wanted counts a worker that somebody wants and returns its number.
//
//go:norace
func (b *books) wanted() int {
	b.lock()
	defer b.unlock()
	b.account.Started++
	return b.account.Started
}

//go:norace
func (b *books) opened() {
	b.lock()
	defer b.unlock()
	b.open++
	b.account.MostOpen = max(b.account.MostOpen, b.open)
}

//go:norace
func (b *books) closed(w *Worker) {
	b.lock()
	defer b.unlock()
	if !w.closed {
		w.closed, w.dead = true, true
		b.open--
	}
}

//go:norace
func (b *books) isClosed(w *Worker) bool {
	b.lock()
	defer b.unlock()
	return w.closed
}

// enter counts a query in and tells whether it is to crash the worker.
//
//go:norace
func (b *books) enter(w *Worker, query string) (crash bool) {
	b.lock()
	defer b.unlock()
	q := b.query(query)
	q.times++
	b.inside++
	w.inside++
	b.account.MostInFlight = max(b.account.MostInFlight, b.inside)
	b.account.MostOnOne = max(b.account.MostOnOne, w.inside)
	if w.dead {
		b.account.AskedAfter++
		return false
	}
	if q.crashes > 0 {
		q.crashes--
		return true
	}
	return false
}

//go:norace
func (b *books) leave(w *Worker, crashed bool) {
	b.lock()
	defer b.unlock()
	b.inside--
	w.inside--
	if crashed && !w.dead {
		w.dead = true
		b.account.Crashed++
	}
}

//go:norace
func (b *books) read() (Account, []asked) {
	b.lock()
	defer b.unlock()
	var queries []asked
	for _, q := range b.queries {
		queries = append(queries, *q)
	}
	return b.account, queries
}

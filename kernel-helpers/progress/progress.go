// Package progress shows how far a long cell is, in one line updated in place.
package progress

// Bar counts what is done. It is safe for concurrent use.
type Bar struct{}

// Start shows a bar for total things, named what ("downloads").
func Start(total int, what string) *Bar { return &Bar{} }

// Begin counts one thing as in flight.
func (b *Bar) Begin() {}

// Add counts n things as done.
func (b *Bar) Add(n int) {}

// Fail counts one thing as failed.
func (b *Bar) Fail() {}

// Done ends the updates and shows the last line.
func (b *Bar) Done() {}

// Package stats summarises the results of an assignment for its teacher: how many
// students passed each test, how the points of each exercise are spread, and which
// messages were the most frequent.
//
// Students who handed nothing in are counted apart, and nowhere else. Quartiles are
// interpolated linearly, as QUARTILE.INC does in spreadsheets.
//
// The files build on each other in this order: spread.go, stats.go, csv.go,
// chart.go, page.go.
package stats

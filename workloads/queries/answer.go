package queries

import (
	"fmt"
	"strconv"
	"strings"

	"example.com/speedup/workloads/primes"
	"example.com/speedup/workloads/squares"
)

// limit bounds a query's number: a query takes a process some milliseconds.
const limit = 100_000

// Answer answers a query as a worker does. There are two kinds: "squares 10" is
// the sum of the squares below 10, and "primes 10" how many primes are below
// 10. Numbers go from 0 to 100,000; everything else is an error.
func Answer(query string) (string, error) {
	kind, number, _ := strings.Cut(query, " ")
	n, err := strconv.Atoi(number)
	switch {
	case err != nil || n < 0 || n > limit:
	case kind == "squares":
		return squares.Sum(n).String(), nil
	case kind == "primes":
		return strconv.Itoa(primes.Count(primes.Range{Below: n})), nil
	}
	return "", fmt.Errorf("query %q: want squares or primes and a number up to %d", query, limit)
}

package queries

import (
	"fmt"
	"strconv"
	"strings"

	"example.com/speedup/workloads/primes"
	"example.com/speedup/workloads/squares"
)

// limit limits a query's number, so that a query takes some milliseconds at
// most.
const limit = 100_000

// Answer answers a query as a worker does. There are two kinds of query:
// "squares 10" asks for the sum of the squares below 10, and "primes 10" for
// the number of primes below 10. The number must be from 0 to 100,000. Any
// other query is an error.
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
	return "", fmt.Errorf("query %q: want squares or primes, and a number up to %d", query, limit)
}

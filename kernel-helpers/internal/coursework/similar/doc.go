// Package similar finds answers that are equal after renaming, reordering and
// formatting.
//
// It uses winnowing (Schleimer, Wilkerson, Aiken: Winnowing: Local Algorithms for
// Document Fingerprinting, SIGMOD 2003, https://doi.org/10.1145/872757.872770) with
// the paper's k-grams of 5 and windows of 4, over Go tokens instead of characters:
// matches shorter than the noise threshold of k = 5 tokens are never found, and
// matches of at least the guarantee threshold t = w+k−1 = 8 tokens always are.
//
// Comments are no tokens. Names that an answer declares are all alike, and so are
// numbers, texts and the punctuation that gofmt and trailing commas change. Names
// that it doesn't declare, such as sync.WaitGroup and make, count as they are: they
// are what tells one way to solve a task from another. What the students were given
// doesn't count: each k-gram of it is taken out of the fingerprints.
//
// The files build on each other in this order: token.go, winnow.go, compare.go.
package similar

package similar

import "hash/fnv"

// The paper's sizes, in tokens; see the package comment.
const (
	K = 5 // of a k-gram: the noise threshold
	W = 4 // of a window, in k-grams
)

// gram is a hashed k-gram.
type gram struct {
	hash        uint64
	first, last int // lines
}

// grams returns all k-grams of tokens.
func grams(list []tok) (all []gram) {
	for i := 0; i+K <= len(list); i++ {
		h := fnv.New64a()
		for _, t := range list[i : i+K] {
			h.Write([]byte(t.text))
			h.Write([]byte{0})
		}
		all = append(all, gram{h.Sum64(), list[i].line, list[i+K-1].line})
	}
	return all
}

// winnow returns the fingerprints of k-grams: of each window the smallest hash, the
// rightmost of equal ones.
func winnow(all []gram) (chosen []gram) {
	last := -1
	for start := 0; start+min(W, len(all)) <= len(all) && len(all) > 0; start++ {
		smallest := start
		for i := start + 1; i < start+min(W, len(all)); i++ {
			if all[i].hash <= all[smallest].hash {
				smallest = i
			}
		}
		if smallest != last {
			chosen = append(chosen, all[smallest])
			last = smallest
		}
	}
	return chosen
}

package similar

import (
	"cmp"
	"slices"
)

// Least is how many fingerprints of its own an answer needs to be compared. Right
// answers that are shorter are often equal by themselves.
const Least = 10

// Answer is somebody's answer to an exercise.
type Answer struct {
	Whose   string
	Earlier bool   // of an earlier year: not compared with others of these
	Text    string // without what the students were given, or with it
}

// Pair is two similar answers.
type Pair struct {
	A          string  `json:"a"`
	B          string  `json:"b"`
	Similarity float64 `json:"similarity"` // shared fingerprints, as a share of those of the shorter answer
	Shared     int     `json:"shared"`
	LinesA     []Lines `json:"lines_a"`
	LinesB     []Lines `json:"lines_b"`
}

// Lines is a range of lines of an answer.
type Lines struct {
	First int `json:"first"`
	Last  int `json:"last"`
}

// Compare returns the pairs of answers that are similar to at least the degree
// least, the most similar ones first. Fingerprints of what was given don't count.
func Compare(answers []Answer, given []string, least float64) (pairs []Pair) {
	known := map[uint64]bool{}
	for _, text := range given {
		for _, g := range grams(tokens(text)) {
			known[g.hash] = true
		}
	}
	prints := make([]map[uint64][]Lines, len(answers))
	owners := map[uint64][]int{}
	for i, a := range answers {
		prints[i] = map[uint64][]Lines{}
		for _, g := range winnow(grams(tokens(a.Text))) {
			if !known[g.hash] {
				prints[i][g.hash] = append(prints[i][g.hash], Lines{g.first, g.last})
			}
		}
		if len(prints[i]) < Least {
			continue
		}
		for hash := range prints[i] {
			owners[hash] = append(owners[hash], i)
		}
	}
	for i, a := range answers {
		shared := map[int][]uint64{}
		if len(prints[i]) < Least {
			continue
		}
		for hash := range prints[i] {
			for _, j := range owners[hash] {
				if j > i && (!a.Earlier || !answers[j].Earlier) {
					shared[j] = append(shared[j], hash)
				}
			}
		}
		for j, hashes := range shared {
			degree := float64(len(hashes)) / float64(min(len(prints[i]), len(prints[j])))
			if degree < least {
				continue
			}
			p := Pair{A: a.Whose, B: answers[j].Whose, Similarity: degree, Shared: len(hashes)}
			for _, hash := range hashes {
				p.LinesA = append(p.LinesA, prints[i][hash]...)
				p.LinesB = append(p.LinesB, prints[j][hash]...)
			}
			p.LinesA, p.LinesB = joined(p.LinesA), joined(p.LinesB)
			pairs = append(pairs, p)
		}
	}
	slices.SortFunc(pairs, func(p, q Pair) int {
		return cmp.Or(cmp.Compare(q.Similarity, p.Similarity), cmp.Compare(q.Shared, p.Shared), cmp.Compare(p.A, q.A), cmp.Compare(p.B, q.B))
	})
	return pairs
}

// joined merges ranges that overlap or follow each other.
func joined(list []Lines) (merged []Lines) {
	slices.SortFunc(list, func(a, b Lines) int { return cmp.Or(cmp.Compare(a.First, b.First), cmp.Compare(a.Last, b.Last)) })
	for _, l := range list {
		if n := len(merged); n > 0 && l.First <= merged[n-1].Last+1 {
			merged[n-1].Last = max(merged[n-1].Last, l.Last)
			continue
		}
		merged = append(merged, l)
	}
	return merged
}

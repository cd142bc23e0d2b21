package gonb

import (
	"bytes"
	"slices"

	"github.com/bluekeyes/go-gitdiff/gitdiff"
)

// sides returns the two other sides of a three-way merge of f into content. base
// is content with, at the place of each hunk, the lines that the hunk expects;
// theirs has the lines that the hunk makes of them. The place of a hunk that
// does not fit is where content is most like what it expects. misfits names
// these hunks, and those that are left out because nothing is like them.
func sides(content []byte, f *gitdiff.File) (base, theirs []byte, misfits []*MisfitError) {
	lines := bytes.SplitAfter(content, []byte("\n"))
	shift, next := 0, 0
	for i, hunk := range f.TextFragments {
		var before, after [][]byte
		for _, l := range hunk.Lines {
			if l.Op != gitdiff.OpAdd {
				before = append(before, []byte(l.Line))
			}
			if l.Op != gitdiff.OpDelete {
				after = append(after, []byte(l.Line))
			}
		}
		want := max(0, int(hunk.OldPosition)-1+shift)
		start, fits := nearest(lines, before, want, next)
		end := start + len(before)
		if f.IsNew {
			start, end = 0, len(lines)
		} else if !fits {
			misfit := &MisfitError{Hunk: i + 1, Line: int(hunk.OldPosition), Reason: "merged where the file is most like it"}
			misfits = append(misfits, misfit)
			if start, end = likest(lines, before, want, next); start == end {
				misfit.Reason = "left out: nothing in the file is like the lines that it changes"
				continue
			}
		}
		for _, l := range lines[next:start] {
			base, theirs = append(base, l...), append(theirs, l...)
		}
		base = append(base, bytes.Join(before, nil)...)
		theirs = append(theirs, bytes.Join(after, nil)...)
		shift, next = start-(int(hunk.OldPosition)-1), end
	}
	if f.IsNew {
		misfits = append(misfits, &MisfitError{Reason: "it exists already: merged"})
	}
	rest := bytes.Join(lines[next:], nil)
	return append(base, rest...), append(theirs, rest...), misfits
}

// likest returns the range of lines, from first on, that has most of want's lines
// in their order; of equal ones the nearest to near. It is empty if no range has
// a third of them.
func likest(lines, want [][]byte, near, first int) (start, end int) {
	most := max(1, len(want)/3) - 1
	for at := first; at < len(lines); at++ {
		window := lines[at:min(len(lines), at+len(want)+len(want)/2)]
		pairs := common(want, window)
		if n := len(pairs); n > most || n == most && start < end && abs(at-near) < abs(start-near) {
			// Lines of want before and after the common ones have changed: as many
			// lines are taken for them.
			from, to := pairs[0], pairs[n-1]
			most = n
			start = max(first, at+from.there-from.here)
			end = min(len(lines), at+to.there+len(want)-to.here)
		}
	}
	return start, end
}

// pair is the index of one line in two lists.
type pair struct{ here, there int }

// common returns a longest common subsequence of a and b.
func common(a, b [][]byte) (pairs []pair) {
	length := make([][]int, len(a)+1) // of those of a[i:] and b[j:]
	for i := range length {
		length[i] = make([]int, len(b)+1)
	}
	for i := len(a) - 1; i >= 0; i-- {
		for j := len(b) - 1; j >= 0; j-- {
			if bytes.Equal(a[i], b[j]) {
				length[i][j] = length[i+1][j+1] + 1
			} else {
				length[i][j] = max(length[i+1][j], length[i][j+1])
			}
		}
	}
	for i, j := 0, 0; i < len(a) && j < len(b); {
		switch {
		case bytes.Equal(a[i], b[j]):
			pairs = append(pairs, pair{i, j})
			i, j = i+1, j+1
		case length[i+1][j] >= length[i][j+1]:
			i++
		default:
			j++
		}
	}
	return slices.Clip(pairs)
}

func abs(n int) int { return max(n, -n) }

package coursework

import (
	"cmp"
	"context"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"example.com/speedup/kernel-helpers/internal/coursework/course"
	"example.com/speedup/kernel-helpers/internal/coursework/similar"
	"example.com/speedup/kernel-helpers/internal/coursework/untrusted"
)

// LeastSimilarity is from which similarity [Course.Similar] reports a pair by default.
const LeastSimilarity = 0.8

// SimilarOptions say what is compared.
type SimilarOptions struct {
	Against []string // folders of earlier years: courses, or folders with notebooks
	Least   float64  // 0 means LeastSimilarity
	Notice  func(text string)
}

// SimilarPair is two similar answers to an exercise.
type SimilarPair struct {
	Notebook string `json:"notebook"`
	Exercise string `json:"exercise"`
	similar.Pair
}

// SimilarResult is the outcome of [Course.Similar].
type SimilarResult struct {
	Compared int           `json:"compared"` // submissions of this year
	Earlier  int           `json:"earlier"`  // notebooks of earlier years
	Pairs    []SimilarPair `json:"pairs"`
}

// Similar compares the answers to each exercise of an assignment with each other and
// with those of earlier years, as package similar does. Of a group, it takes the
// submission that counts. It never reports what students were given.
func (c *Course) Similar(ctx context.Context, assignment string, o SimilarOptions) (*SimilarResult, error) {
	notice := func(text string) {
		if o.Notice != nil {
			o.Notice(text)
		}
	}
	a, err := c.Assignment(assignment)
	if err != nil {
		return nil, err
	}
	submitters, err := c.submitters(assignment, nil, notice)
	if err != nil {
		return nil, err
	}
	r := &SimilarResult{Pairs: []SimilarPair{}}
	answers := map[*course.Exercise][]similar.Answer{}
	add := func(nb *course.Notebook, whose string, earlier bool, text []byte) {
		submitted, err := course.ParseSubmitted(text, nb)
		if err != nil {
			notice(fmt.Sprintf("%s is left out: %v", untrusted.Clean(whose), err))
			return
		}
		for _, e := range nb.Exercises {
			codes, _ := submitted.Answers(e)
			var texts []string
			for _, code := range codes {
				texts = append(texts, code.Text)
			}
			if len(texts) > 0 {
				answers[e] = append(answers[e], similar.Answer{Whose: whose, Earlier: earlier, Text: strings.Join(texts, "\n")})
			}
		}
	}
	for _, s := range submitters {
		if s.from == "" {
			continue
		}
		sub, err := c.OpenSubmission(s.from, a)
		if err != nil {
			return nil, err
		}
		r.Compared++
		for _, nb := range a.Notebooks {
			if text := sub.Notebooks[nb.Name]; text != nil {
				add(nb, s.from, false, text)
			}
		}
	}
	for _, dir := range o.Against {
		n, err := earlierNotebooks(ctx, dir, a, func(nb *course.Notebook, whose string, text []byte) { add(nb, whose, true, text) })
		if err != nil {
			return nil, fmt.Errorf("similar: %w", err)
		}
		if n == 0 {
			return nil, fmt.Errorf("similar: %s has no notebook of %s: name a course, or a folder with notebooks STUDENT.ipynb or STUDENT/%s/NOTEBOOK.ipynb", dir, assignment, assignment)
		}
		r.Earlier += n
	}
	for _, nb := range a.Notebooks {
		for _, e := range nb.Exercises {
			if err := ctx.Err(); err != nil {
				return nil, context.Cause(ctx)
			}
			var given []string
			for _, code := range e.Shared {
				given = append(given, code.Text)
			}
			for _, code := range e.Answers {
				given = append(given, code.Stub().Text)
			}
			for _, p := range similar.Compare(answers[e], given, cmp.Or(o.Least, LeastSimilarity)) {
				r.Pairs = append(r.Pairs, SimilarPair{nb.Name, e.Name, p})
			}
		}
	}
	return r, nil
}

// earlierNotebooks calls add with each notebook of the assignment below a folder of
// an earlier year, and returns how many there are. Where the assignment has several
// notebooks, a file's name says which it is.
func earlierNotebooks(ctx context.Context, dir string, a *course.Assignment, add func(nb *course.Notebook, whose string, text []byte)) (n int, err error) {
	label := filepath.Base(filepath.Clean(dir))
	if isCourse(dir) {
		dir = filepath.Join(dir, "submitted")
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return 0, err
	}
	defer root.Close()
	err = fs.WalkDir(root.FS(), ".", func(name string, d fs.DirEntry, err error) error {
		if err == nil {
			err = context.Cause(ctx)
		}
		if err != nil {
			return err
		}
		if d.IsDir() && name != "." && strings.HasPrefix(d.Name(), ".") { // .ipynb_checkpoints
			return fs.SkipDir
		}
		base, isNotebook := strings.CutSuffix(d.Name(), ".ipynb")
		if d.IsDir() || !isNotebook {
			return nil
		}
		i := slices.IndexFunc(a.Notebooks, func(nb *course.Notebook) bool {
			return base == nb.Name || strings.HasSuffix(base, "_"+nb.Name) || strings.HasSuffix(base, "-"+nb.Name)
		})
		switch parts := strings.Split(path.Dir(name), "/"); {
		case i < 0 && len(a.Notebooks) == 1 && (len(parts) < 2 || slices.Contains(parts, a.Name)):
			i = 0
		case i < 0:
			return nil // of another assignment
		}
		text, err := course.ReadPlain(root, filepath.FromSlash(name))
		if err != nil {
			return err
		}
		n++
		add(a.Notebooks[i], label+"/"+name, text)
		return nil
	})
	return n, err
}

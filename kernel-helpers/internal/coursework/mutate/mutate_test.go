package mutate

import (
	"go/parser"
	"go/token"
	"slices"
	"strings"
	"testing"
)

const right = `func Run(ctx context.Context, jobs []func() error) (err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var mu sync.Mutex
	var all sync.WaitGroup
	slots := make(chan bool, 3)
	for i := range jobs {
		slots <- true
		all.Add(1)
		go func() {
			defer all.Done()
			if e := jobs[i](); e != nil && i < 10 {
				mu.Lock()
				err = errors.Join(err, e)
				mu.Unlock()
			}
			<-slots
		}()
	}
	all.Wait()
	select {
	case <-ctx.Done():
		return ctx.Err()
	default:
	}
	return err
}`

func TestMutantsHaveTheMistakesThatPeopleMake(t *testing.T) {
	mutants, err := Mutants(right, func(line int) bool { return line > 1 })
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, m := range mutants {
		names = append(names, m.Name)
		if m.Text == right || strings.Count(m.Text, "\n") != strings.Count(right, "\n") {
			t.Errorf("%s: got\n%s\nwant another text of as many lines", m.Name, m.Text)
		}
		if _, err := parser.ParseFile(token.NewFileSet(), "", clause+m.Text, 0); err != nil {
			t.Errorf("%s: %v", m.Name, err)
		}
		if slices.Index(names, m.Name) < len(names)-1 {
			t.Errorf("%s: got the name twice", m.Name)
		}
	}
	for _, want := range []string{
		"Run: drop defer cancel()", "Run: do at once defer cancel()", "Run: drop mu.Lock()", "Run: drop all.Wait()", "Run: sleep instead of all.Wait()",
		"Run: unbuffer make(chan bool, 3)", "Run: one more than 3", "Run: one less than 3", "Run: wait for go func() { …", "Run: drop slots <- true",
		"Run: sleep instead of <-slots", "Run: negate e != nil && i < 10", "Run: write <= in i < 10", "Run: drop err = errors.Join(err, e)",
		"Run: lose the error of return ctx.Err()", "Run: lose the error of return err", "Run: drop case <-ctx.Done() of select { …", "Run: share mu.Lock()",
		"Run: cut off from its context context.WithCancel(ctx)", "Run: do before slots <- true: all.Add(1)",
	} {
		if !slices.Contains(names, want) {
			t.Errorf("got no mutant %q; got %q", want, names)
		}
	}
}

func TestOnlyTheNamedLinesAreChanged(t *testing.T) {
	mutants, err := Mutants(right, func(line int) bool { return line == 20 })
	if err != nil || len(mutants) != 2 || mutants[0].Line != 20 {
		t.Errorf("got %+v (%v), want two mutants of all.Wait()", mutants, err)
	}
}

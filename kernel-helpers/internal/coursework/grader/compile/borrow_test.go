package compile

import (
	"slices"
	"strings"
	"testing"

	"example.com/speedup/kernel-helpers/internal/coursework/course"
)

func TestAnswersBorrowWhatTheyUseOfOtherCells(t *testing.T) {
	o := &Order{
		Tests: course.Code{Cell: "map-tests", Text: "func TestMap(t *testing.T) { Map() }"},
		Answers: []course.Code{
			{Cell: "map", Text: "func Map() { Each(pool{}) }"},
			{Cell: "each", Text: "import \"sync\"\n\nfunc Each(p pool) { p.take(); depth() }\nfunc unused() {}", Borrowed: true},
			{Cell: "own-cell-1", Text: "type pool struct{}\nfunc (pool) take() {}\nfunc depth() {}\nfunc Map() {}", Borrowed: true},
			{Cell: "own-cell-2", Text: "func nothing( {", Borrowed: true},
		},
	}
	notes := o.borrow()
	if len(notes) != 3 || notes[0].Text != Borrows+"Each of the cell each" || notes[0].Cell != "map" {
		t.Errorf("got the notes %v, want ones about Each, pool and depth", notes)
	}
	if len(o.Answers) != 3 {
		t.Fatalf("got %d cells, want the answer and two that it uses: %v", len(o.Answers), o.Answers)
	}
	all := o.Answers[1].Text + o.Answers[2].Text
	for text, want := range map[string]bool{"func Each": true, "func (pool) take": true, "func depth": true, "unused": false, "func Map": false} {
		if got := strings.Contains(all, text); got != want {
			t.Errorf("the borrowed cells have %q: got %t, want %t", text, got, want)
		}
	}
	if !strings.HasPrefix(o.Answers[1].Text, "import \"sync\"\n\nfunc Each") {
		t.Errorf("got %q, want that lines keep their numbers", o.Answers[1].Text)
	}
}

func TestHiddenHelpersGiveWayToAnswersNames(t *testing.T) {
	o := &Order{
		Answers: []course.Code{{Cell: "a", Text: "type waiter struct{}\nfunc shown() {}"}},
		Tests: course.Code{Cell: "a-tests", Text: "func shown() {}\n// BEGIN HIDDEN TESTS\ntype waiter struct{ waiter int }\n" +
			"func TestA(t *testing.T) { w := waiter{waiter: 1}; _ = w.waiter }\n// END HIDDEN TESTS"},
		Cases: []string{"TestA"},
	}
	o.renameHidden()
	if want := "type waiter_hidden struct{ waiter int }\nfunc TestA(t *testing.T) { w := waiter_hidden{waiter: 1}; _ = w.waiter }"; !strings.Contains(o.Tests.Text, want) {
		t.Errorf("got %q, want %q", o.Tests.Text, want)
	}
	if !strings.Contains(o.Tests.Text, "func shown()") {
		t.Errorf("got %q, want that visible names stay", o.Tests.Text)
	}
	reserved := o.reserved()
	if reserved["waiter"] != "" || reserved["shown"] == "" {
		t.Errorf("reserved: got waiter %q and shown %q, want only shown", reserved["waiter"], reserved["shown"])
	}
}

func TestMessagesSayWhatToChange(t *testing.T) {
	o := &Order{Answers: []course.Code{{Cell: "each", Text: "func Еach() {}"}}} // the letter is Cyrillic
	for text, want := range map[string]string{
		"undefined: Each":                                             "is of another alphabet",
		"undefined: Other":                                            "Neither this cell nor an earlier one",
		"expected declaration, found 'package'":                       "delete line 3",
		"declared and not used: x":                                    "use it or delete it",
		"expected declaration, found fmt (and 1 more errors)":         "line 3 is a statement outside of any function (fmt)",
		"expected '}', found 'EOF'":                                   "check that every bracket",
		"illegal character U+00A0":                                    "type a space",
		"illegal character U+201C '“'":                                "straight quotation mark",
		"imports must appear before other declarations":               "beginning of the cell",
		"not enough return values\n\thave (int)\n\twant (int, error)": "got (int), want (int, error)",
	} {
		if got := o.explain(course.Problem{Cell: "each", Line: 3, Text: text}); !strings.Contains(got.Text, want) {
			t.Errorf("%s: got %q, want %q", text, got.Text, want)
		}
	}
}

func TestMisfitsSayWhatIsThereAndWhatTheTestsNeed(t *testing.T) {
	for text, want := range map[string]string{
		"func Count(texts []string) int { return 0 }":               "got func Count(texts []string) int, want func Count(texts []string) map[string]int",
		"func count(texts []string) map[string]int { return nil }":  "declares count, and Go tells capital letters from small ones",
		"func Сount(texts []string) map[string]int { return nil }":  "letter 1 (С, U+0421) is of another alphabet",
		"func Counts(texts []string) map[string]int { return nil }": "the tests need func Count(texts []string) map[string]int, and the answer does not declare it",
		"var Count = 3": "declares Count as something else",
	} {
		problems := problemsOf(t, text)
		if len(problems) != 1 || problems[0].Kind != course.Compile || !strings.Contains(problems[0].Text, want) || problems[0].Cell != "count" {
			t.Errorf("%s: got the problems %+v, want %q", text, problems, want)
		}
	}
	o := &Order{
		Stubs:   []course.Code{{Cell: "stock", Text: "type Stock struct{ mu sync.Mutex; n int }\nfunc (s *Stock) Take(item string, work func(i int) (r error)) bool { return true }"}},
		Answers: []course.Code{{Cell: "stock", Text: "type Stock struct {\n\tmu *sync.Mutex\n}\nfunc (s *Stock) Take(a string, work func(int) error) bool { return true }"}},
		Tests:   course.Code{Cell: "stock-tests", Text: "func TestStock(t *testing.T) { s := Stock{}; s.mu.Lock(); s.Take(s.n, nil) }"},
	}
	var texts []string
	for _, p := range o.misfits() {
		texts = append(texts, p.Text)
	}
	if want := []string{"the tests use the field mu of Stock as a sync.Mutex; yours is *sync.Mutex", "the tests use the field n of Stock (int); yours has no such field"}; !slices.Equal(texts, want) {
		t.Errorf("got %q, want %q", texts, want)
	}
}

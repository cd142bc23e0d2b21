package compile

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"

	"example.com/speedup/kernel-helpers/internal/coursework/checkout"
	"example.com/speedup/kernel-helpers/internal/coursework/course"
	"example.com/speedup/kernel-helpers/internal/coursework/coursetest"
)

func TestAnAnswerMayNotChangeWhatTheCourseDeclares(t *testing.T) {
	for _, code := range []string{"func x() { Limit = 0 }", "func x() { Limit++ }", "var x = &Limit", "func x() { for Limit = range 3 { } }",
		"func x() { Limits.All[0]++ }", "func x() { Limits.One = 2 }", "var x = &(Limits.All[1])"} {
		problems := problemsOf(t, coursetest.RightCount+code, course.Code{Cell: "shared-limit", Text: "var Limit = 3\n\nvar Limits struct{ One int; All []int }"})
		if len(problems) != 1 || problems[0].Kind != course.Refused || !strings.Contains(problems[0].Text, "declared by the course (shared-limit)") {
			t.Errorf("%s: got the problems %+v, want one that says that the course declares it", code, problems)
		}
	}
	if problems := problemsOf(t, coursetest.RightCount+"func x() int { Limit := Limit; Limit++; return Limit }\nfunc y(all []int) { all[Limit] = 1 }", course.Code{Cell: "shared-limit", Text: "var Limit = 3"}); len(problems) > 0 {
		t.Errorf("a variable of the answer's own: got the problems %+v, want none", problems)
	}
}

// sharedKit is made once for all tests.
var sharedKit = sync.OnceValues(func() (*Kit, error) {
	root, err := checkout.Find(".")
	if err != nil {
		return nil, err
	}
	return NewKit(context.Background(), root, nil, true)
})

// problemsOf compiles an answer to count, with more shared cells, and returns the
// problems.
func problemsOf(t *testing.T, answer string, shared ...course.Code) []course.Problem {
	t.Helper()
	k, err := sharedKit()
	if err != nil {
		t.Fatal(err)
	}
	e := coursetest.Exercise(t, "count")
	dir := t.TempDir()
	order := Order{
		Stubs: []course.Code{e.Answers[0].Stub()}, Exercise: "count", Package: "answer/count", Shared: append(shared, e.Shared...), Tests: e.Tests, Cases: []string{"TestCountCounts"},
		Answers: []course.Code{{Cell: "count", Text: answer}}, Forbid: []string{"golang.org/x/sync/errgroup"},
		Archives: k.Archives, Harness: HarnessPath(), Probe: ProbePath(),
		Compiler: k.Tools + "/compile", Flags: k.CompileFlags(), Dir: dir, Out: dir + "/pkg.a",
	}
	reply, err := order.carryOut()
	if err != nil {
		t.Fatal(err)
	}
	if reply.Compiled == (len(reply.Problems) > 0) {
		t.Errorf("got Compiled %v with %d problems", reply.Compiled, len(reply.Problems))
	}
	return reply.Problems
}

func TestWhatAnAnswerMayNotDoIsRefusedByName(t *testing.T) {
	for what, c := range map[string]struct{ code, says string }{
		"os.Exit":                    {"func x() { os.Exit(0) }", "os.Exit"},
		"os.Exit as a value":         {"var x = os.Exit", "os.Exit"},
		"os under another name":      {"import o \"os\"\nfunc x() { o.Exit(0) }", "os.Exit"},
		"reading files":              {"func x() { os.ReadFile(\"/etc/passwd\") }", "os.ReadFile"},
		"a method of a file":         {"func x() { os.Stdout.Close() }", "os.Close"},
		"unsafe":                     {"import \"unsafe\"\nvar x unsafe.Pointer", "unsafe"},
		"reflect":                    {"import \"reflect\"\nvar x = reflect.TypeOf(0)", "reflect"},
		"cgo":                        {"// #include <stdlib.h>\nimport \"C\"\nfunc x() { C.exit(0) }", "cgo"},
		"the network":                {"import \"net/http\"\nvar x = http.DefaultClient", "network"},
		"programs":                   {"import \"os/exec\"\nvar x = exec.Command", "programs"},
		"a package nobody listed":    {"import \"archive/zip\"\nvar x zip.Reader", "archive/zip"},
		"what the exercise forbids":  {"import \"golang.org/x/sync/errgroup\"\nvar x errgroup.Group", "errgroup"},
		"a dot import":               {"import . \"strings\"\nvar x = ToUpper", "under its own name"},
		"linkname":                   {"//go:linkname x runtime.nanotime\nfunc x() int64", "directive"},
		"a line directive":           {"//line elsewhere.go:1\nvar x int", "directive"},
		"a line directive, inline":   {"/*line elsewhere.go:1:1*/ var x int", "directive"},
		"init":                       {"func init() {}", "init"},
		"TestMain":                   {"func TestMain(m *M) {}\ntype M int", "TestMain"},
		"a test":                     {"func TestCountIsFine(x int) {}", "TestCountIsFine"},
		"a test of the course":       {"func TestCountCounts(x int) {}", "TestCountCounts"},
		"a locked type":              {"type Job struct{}", "Job"},
		"true":                       {"const true = false", "true"},
		"append":                     {"func append(a, b int) {}", "append"},
		"the tests' import":          {"var testing int", "testing"},
		"another package's variable": {"func x() { os.Stdout = nil }", "os.Stdout"},
		"its address":                {"var x = &os.Stdout", "os.Stdout"},
		"a variable by range":        {"func x() { for os.Stdout = range 3 { } }", ""},
		"processors":                 {"func x() { runtime.GOMAXPROCS(1) }", "GOMAXPROCS"},
		"processors, by a value":     {"func x() { set := runtime.GOMAXPROCS; set(1) }", "GOMAXPROCS"},
		"processors, in brackets":    {"func x() { (runtime.GOMAXPROCS)(1) }", "GOMAXPROCS"},
		"who calls, by log":          {"func x() { log.Output(3, \"\") }", "who calls"},
		"who calls, by a logger":     {"func x() { log.Default().Output(3, \"\") }", "who calls"},
		"who calls, by an interface": {"func x() { var o interface{ Output(int, string) error } = log.Default(); o.Output(3, \"\") }", "who calls"},
		"who calls, by a constraint": {"func x[A, B any, L interface{ Output(A, B) error }](l L, a A, b B) { l.Output(a, b) }\nfunc y() { x(log.Default(), 3, \"\") }", "who calls"},
		"who calls, by a source":     {"func x() { slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{AddSource: true})).Info(\"\") }", "who calls"},
		"who calls, unnamed":         {"func zero[T any](func(io.Writer, *T) *slog.TextHandler) *T { return new(T) }\nvar x = zero(slog.NewTextHandler)", "who calls"},
		"who calls, by a record":     {"func x() { slog.NewRecord(time.Now(), 0, \"\", 1) }", "who calls"},
		"decoding":                   {"func x() { var y []any; json.Unmarshal(nil, &y) }", "race detector"},
		"decoding a stream":          {"func x() { json.NewDecoder(strings.NewReader(\"{}\")).Token() }", "race detector"},
		"goexit":                     {"func x() { runtime.Goexit() }", "runtime.Goexit"},
	} {
		answer := coursetest.RightCount + "\n" + c.code
		if strings.Contains(c.code, "import") {
			answer = c.code + "\n" + coursetest.RightCount
		}
		problems := problemsOf(t, answer)
		if len(problems) == 0 || !strings.Contains(problems[0].Text, c.says) {
			t.Errorf("%s: got the problems %v, want one about %q", what, problems, c.says)
			continue
		}
		if p := problems[0]; p.Kind != course.Refused && what != "a variable by range" || p.Cell != "count" || p.Line == 0 {
			t.Errorf("%s: got %+v, want it refused with cell and line", what, p)
		}
	}
}

func TestWhatAnAnswerMayDoCompiles(t *testing.T) {
	for what, code := range map[string]string{
		"imports left to the kernel":       "func x() { fmt.Println(strings.ToUpper(\"a\"), rand.IntN(3), time.Second) }",
		"old rand":                         "func x() int { return rand.Intn(3) }",
		"an import that nothing uses":      "import (\n\t\"fmt\"\n\t\"sort\"\n)\nfunc x() { fmt.Println() }",
		"one line import unused":           "import \"fmt\"\n",
		"own types and helpers":            "type table[K comparable] map[K]int\nfunc (t table[K]) add(k K) { t[k]++ }",
		"standard error":                   "func x() { fmt.Fprintln(os.Stderr, \"so far\"); log.Print(\"well\"); os.Stdout.WriteString(\"x\") }",
		"the number of processors":         "var x = runtime.GOMAXPROCS(0)",
		"special commands":                 "!ls\n%env PATH=/tmp\nfunc x() {}\n%%\nfmt.Println(Count(nil))",
		"the tests' names inside":          "func x() { testing, len := 1, 2; _, _ = testing, len }",
		"a variable called like a package": "func x() { strings := []string{}; _ = strings }",
		"types that packages hand out": `type node struct { next *node }
func x(ctx context.Context) error {
	h := fnv.New64a()
	h.Write([]byte("a"))
	slog.New(slog.NewTextHandler(os.Stderr, nil)).InfoContext(ctx, "so far", slog.Duration("took", time.Since(time.Now())))
	token, err := json.Marshal(map[string]int{"a": 1})
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) { return syntax }
	var p atomic.Pointer[node]
	p.CompareAndSwap(nil, &node{})
	next, stop := iter.Pull(maps.Keys(map[string]time.Month{"a": time.May}))
	defer stop()
	fmt.Println(token, rand.New(rand.NewPCG(1, 2)).IntN(3), regexp.MustCompile("a").String(), h.Sum64())
	_, _ = next()
	pool := sync.Pool{New: func() any { return new(bytes.Buffer) }}
	_ = pool.Get().(io.Writer)
	return context.Cause(ctx)
}`,
		"methods that look like tests": "type y int\nfunc (y) TestIt() {}\nfunc (y) init() {}",
	} {
		src := coursetest.RightCount + code
		if strings.HasPrefix(code, "import") {
			src = code + "\n" + coursetest.RightCount
		}
		if problems := problemsOf(t, src); len(problems) > 0 {
			t.Errorf("%s: got the problems %v, want none", what, problems)
		}
	}
}

func TestCompileErrorsNameTheLineOfTheCell(t *testing.T) {
	problems := problemsOf(t, "\n"+coursetest.RightCount+"var x int = nonsense\n")
	if len(problems) != 1 || problems[0].Line != 3 || problems[0].Cell != "count" || problems[0].Kind != course.Compile {
		t.Errorf("a type error: got %+v, want one problem in line 3 of count", problems)
	}
	problems = problemsOf(t, coursetest.RightCount+"func x( {\n")
	if len(problems) != 1 || problems[0].Line != 2 || problems[0].Cell != "count" {
		t.Errorf("a syntax error: got %+v, want one problem in line 2 of count", problems)
	}
	problems = problemsOf(t, "// nothing here\n")
	if !slices.ContainsFunc(problems, func(p course.Problem) bool { return strings.Contains(p.Text, "Count") }) {
		t.Errorf("an answer without the function: got %+v, want a problem about Count", problems)
	}
}

func TestAnAnswerCantUseWhatOnlyTheTestsDeclare(t *testing.T) {
	e := coursetest.Exercise(t, "each")
	if problems := problemsOf(t, coursetest.RightCount+"var x = jobs"); len(problems) == 0 {
		t.Errorf("got no problem, want that answers can't use helpers of %s", e.Tests.Cell)
	}
}

func FuzzCellsNeverPanic(f *testing.F) {
	f.Add("%%x\n!y")
	f.Add("import \"fmt\"\n\nfunc f() { fmt.Println(math.Pi) }")
	f.Fuzz(func(t *testing.T, text string) {
		asFile("answer", course.Code{Cell: "each", Text: text}, byName([]string{"fmt"}), nil)
	})
}

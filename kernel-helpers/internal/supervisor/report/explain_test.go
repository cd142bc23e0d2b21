package report

import (
	"regexp"
	"strings"
	"testing"
)

// Two cells as a session has them. The error texts in these tests are GoNB's and
// Go's own.
var twoCells = Sources{
	1: "func f(n int) int {\n    return 10 / n\n}",
	2: "%%\nfmt.Println(f(0))\nfmt.Println(\"the answer is \" + 42)",
}

var ansi = regexp.MustCompile(`\x1b\[[0-9;]*m`)

// plainText returns the traceback without colours.
func plainText(f Failure) string {
	return ansi.ReplaceAllString(strings.Join(f.Traceback, "\n"), "")
}

func TestACompileErrorPointsIntoTheCell(t *testing.T) {
	f := Explain(FailedCell{Value: "# gonb_1c26dbf0\n./cell 2:3:13: invalid operation: \"the answer is \" + 42 (mismatched types)\n", Sources: twoCells})
	want := `CompileError: invalid operation: "the answer is " + 42 (mismatched types)
cell 2, line 3
    fmt.Println("the answer is " + 42)
                ^`
	if got := plainText(f); f.Name != CompileError || got != want {
		t.Errorf("got %s,\n%s\nwant\n%s", f.Name, got, want)
	}
}

func TestAMessageGoesOnInAnotherCell(t *testing.T) {
	f := Explain(FailedCell{Value: "./cell 2:2:13: f redeclared in this block\n\t./cell 1:1:6: other declaration of f\n", Sources: twoCells})
	want := `CompileError: f redeclared in this block
cell 2, line 2
    fmt.Println(f(0))
                ^
other declaration of f
cell 1, line 1
    func f(n int) int {
         ^`
	if got := plainText(f); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestPlacesWithinMessagesAreWrittenAsOthers(t *testing.T) {
	f := Explain(FailedCell{Value: "# [gonb_1c26dbf0]\n./cell 2:2:13: method T.M already declared at cell 1:1:6\n", Sources: twoCells})
	want := "CompileError: method T.M already declared at cell 1, line 1\ncell 2, line 2\n"
	if got := plainText(f); !strings.HasPrefix(got, want) {
		t.Errorf("got\n%s\nwant it to begin with\n%s", got, want)
	}
}

func TestACommandErrorPointsToItsLine(t *testing.T) {
	f := Explain(FailedCell{Name: CommandError, Value: "cell 2:1:1: %tets is not a command", Sources: twoCells})
	if got := plainText(f); f.Name != CommandError || !strings.HasPrefix(got, "CommandError: %tets is not a command\ncell 2, line 1\n    %%") {
		t.Errorf("got %s,\n%s\nwant a CommandError in cell 2, line 1", f.Name, got)
	}
}

func TestTheCaretIsRightBehindAnIndent(t *testing.T) {
	f := Explain(FailedCell{Value: "./cell 1:2:17: undefined: n", Sources: twoCells})
	if got := plainText(f); !strings.Contains(got, "cell 1, line 2\n        return 10 / n\n                    ^") {
		t.Errorf("got\n%s\nwant a caret below n in cell 1, line 2", got)
	}
}

func TestAPanicShowsTheCellsLinesAndNoRuntime(t *testing.T) {
	stderr := "panic: runtime error: integer divide by zero\n\ngoroutine 1 [running]:\nmain.f(...)\n\t/tmp/gonb_1c26dbf0/cell 1:2\nexample.com/speedup/workloads/sites.Download({0x1, 0x2}, 0x3)\n\t/home/x/speedup/workloads/sites/download.go:22 +0x53\nnet/http.(*Client).do(0xc0)\n\t/usr/local/go/src/net/http/client.go:590 +0x1\nmain.main()\n\t/tmp/gonb_1c26dbf0/cell 2:2 +0x53\n"
	f := Explain(FailedCell{Value: "exit status 2", Crash: stderr, Sources: twoCells})
	want := `Panic: runtime error: integer divide by zero
goroutine 1 [running]:
    main.f()
        cell 1, line 2: return 10 / n
    example.com/speedup/workloads/sites.Download()
        workloads/sites/download.go:22
    main.main()
        cell 2, line 2: fmt.Println(f(0))`
	if got := plainText(f); f.Name != Panic || f.Value != "runtime error: integer divide by zero" || got != want {
		t.Errorf("got %s: %s,\n%s\nwant\n%s", f.Name, f.Value, got, want)
	}
}

func TestAnEndlessRecursionIsShownInAFewLines(t *testing.T) {
	frame := "main.f(0x2?)\n\t/tmp/gonb_1c26dbf0/cell 1:2 +0x17 fp=0xffe70f603b8 sp=0xffe70f603a0 pc=0x4a8077\n"
	own := "\ngoroutine 2 gp=0x33f7d8b94780 m=nil [force gc (idle)]:\nruntime.gopark(0x0?, 0x0?)\n\t/usr/local/go/src/runtime/proc.go:462 +0xce fp=0x33 sp=0x32 pc=0x47a88e\n"
	stderr := "before\nruntime: goroutine stack exceeds 1000000000-byte limit\nruntime: sp=0xffe70f60390 stack=[0xffe70f60000, 0xffe90f60000]\nfatal error: stack overflow\n\n" +
		"runtime stack:\nruntime.throw({0x4d219d?, 0x597300?})\n\t/usr/local/go/src/runtime/panic.go:1229 +0x48 fp=0x7f sp=0x7e pc=0x47a768\n\n" +
		"goroutine 1 gp=0xffe50e5a1e0 m=0 mp=0x5980c0 [running]:\n" + strings.Repeat(frame, 50) + "...44739049 frames elided...\n" + strings.Repeat(frame, 2) +
		"main.main()\n\t/tmp/gonb_1c26dbf0/cell 2:2 +0x65 fp=0x33f818c5ff48 sp=0x33f818c5ff00 pc=0x4a8105\n" + own + own
	output, report := splitReport(stderr, false)
	if output != "before\n" {
		t.Errorf("got output %q, want before", output)
	}
	f := Explain(FailedCell{Value: "exit status 2", Crash: report, Sources: twoCells})
	want := `Panic: stack overflow
goroutine 1 [running]:
    main.f()
        cell 1, line 2: return 10 / n
        … 50 times
...44739049 frames elided...
    main.f()
        cell 1, line 2: return 10 / n
        … 2 times
    main.main()
        cell 2, line 2: fmt.Println(f(0))`
	if got := plainText(f); f.Name != Panic || f.Value != "stack overflow" || got != want {
		t.Errorf("got %s: %s,\n%s\nwant\n%s", f.Name, f.Value, got, want)
	}
}

func TestEachKindOfFailureHasItsName(t *testing.T) {
	for _, c := range []struct {
		name string
		cell FailedCell
	}{
		{Deadlock, FailedCell{Value: "exit status 2", Crash: "fatal error: all goroutines are asleep - deadlock!\n\ngoroutine 1 [chan receive]:\nmain.main()\n\t/tmp/gonb_1/cell 2:2 +0x98\n"}},
		{DataRace, FailedCell{Value: "exit status 66", Crash: "==================\nWARNING: DATA RACE\nRead at 0x00c0 by goroutine 9:\n  main.main.func1()\n      /tmp/gonb_1/cell 2:2 +0x2e\n==================\nFound 1 data race(s)\n"}},
		{TestFailure, FailedCell{Value: "exit status 1", Test: true}},
		{ExitError, FailedCell{Value: "exit status 3"}},
		{ExitError, FailedCell{Value: "signal: killed"}},
		{CompileError, FailedCell{Value: "failed to run \"/usr/local/go/bin/go get\": exit status 1\n\ngo: module example.com/nothing: not found\n"}},
	} {
		c.cell.Sources = twoCells
		f := Explain(c.cell)
		if f.Name != c.name || f.Value == "" || len(f.Traceback) == 0 {
			t.Errorf("%q: got %s (%s), want %s", c.cell.Value, f.Name, f.Value, c.name)
		}
		for _, line := range f.Traceback {
			if strings.Contains(line, "gonb_") || strings.Contains(line, "/tmp/") {
				t.Errorf("%s shows a temporary path: %s", c.name, line)
			}
		}
	}
}

func TestAReportIsSeparatedFromOutput(t *testing.T) {
	for _, c := range []struct{ stderr, output, report string }{
		{"just a log line\n", "just a log line\n", ""},
		{"a\npanic: x\n", "a\n", "panic: x\n"},
		{"don't panic: it's nothing\n", "don't panic: it's nothing\n", ""},
		{"fatal error: x", "", "fatal error: x"},
	} {
		if o, r := splitReport(c.stderr, false); o != c.output || r != c.report {
			t.Errorf("%q: got output %q and report %q, want %q and %q", c.stderr, o, r, c.output, c.report)
		}
	}
}

func TestOnlyThePossibleBeginningOfAReportWaits(t *testing.T) {
	for text, want := range map[string]int{"hello\n": 0, "hello\npan": 3, "pan": 3, "Japan": 0, "x\n=====": 5, "panic: ": 7, "": 0} {
		if got := possibleBeginning(text, false); got != want {
			t.Errorf("%q: got %d bytes that wait, want %d", text, got, want)
		}
	}
}

func FuzzExplainAcceptsAnything(f *testing.F) {
	f.Add("./cell 2:3:13: x", "panic: y\n\ngoroutine 1 [running]:\nmain.f(...)\n\t/tmp/gonb_1/cell 1:2\n")
	f.Add("exit status 66", "==================\nWARNING: DATA RACE\n==================")
	f.Fuzz(func(t *testing.T, value, stderr string) {
		_, report := splitReport(stderr, false)
		if Explain(FailedCell{Value: value, Crash: report, Sources: twoCells}).Name == "" {
			t.Error("got a failure without a name")
		}
		possibleBeginning(stderr, false)
	})
}

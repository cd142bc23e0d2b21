//go:build browser

package lab_test

import (
	"strings"
	"testing"
	"time"
)

// A cell that fails shows the error once, as text that can be copied and in
// which URLs are links. Run All stops at that cell.
func TestAFailedCellShowsTheErrorOnceAndRunAllStops(t *testing.T) {
	const cause = "see https://go.dev/ref/spec, and a/b"
	for _, c := range []struct {
		name, code string
		interrupt  bool
		parts      []string // of the text shown, in this order, each once
		links      []string
	}{
		{name: "a compile error", code: "%%\nfmt.Println(\"the answer is \" + 42)",
			parts: []string{"CompileError: ", "mismatched types", "cell 2, line 2\n    fmt.Println(\"the answer is \" + 42)\n                ^"}},
		{name: "a panic", code: "%%\nfmt.Println(\"before\")\nwhy := \"" + cause + "\"\nfail(why)",
			parts: []string{"before\n", "Panic: ", cause, "main.fail", "cell 1, line 2: panic(why)", "main.main()", "cell 2, line 4: fail(why)"},
			links: []string{"https://go.dev/ref/spec"}},
		{name: "an exit status", code: "%%\nos.Exit(3)", parts: []string{"ExitError: ", "exit status 3"}},
		{name: "an interrupt", code: "%%\nfmt.Println(\"started\")\nfor {\n}", interrupt: true, parts: []string{"started\n", "KeyboardInterrupt: ", "the cell was interrupted"}},
		{name: "a shell command", code: "!echo before; false", parts: []string{"before\n", "ExitError: ", "exit status 1"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			page := openPage(t, time.Minute)
			notebook := page.open(placeCells(t, "func fail(why string) {\n\tpanic(why)\n}", c.code, "%%\nfmt.Println(\"behind\")"))
			notebook.evaluate("run all cells", notebook.call("runAll"))
			if c.interrupt {
				notebook.await("the cell to print", notebook.call("text", 1)+`.startsWith("started\n")`, 20*time.Second)
				notebook.click("the interrupt button", interrupt)
			}
			notebook.await("the run to end", notebook.call("ran"), 30*time.Second)
			cells := notebook.cells()
			if last := cells[2]; last.Count != 0 || len(last.Outputs) > 0 {
				t.Errorf("Run All continued after the failure: %+v", last)
			}
			errors := 0
			for _, output := range cells[1].Outputs {
				if output.Kind == "error" {
					errors++
				}
			}
			if errors != 1 {
				t.Errorf("got %d error outputs, want 1: %+v", errors, cells[1].Outputs)
			}
			text := read[string](page, notebook.call("copied", 1))
			rest := text
			for _, part := range c.parts {
				_, after, found := strings.Cut(rest, part)
				if !found || strings.Count(text, part) > 1 {
					t.Errorf("want %q once, after the parts before it, in\n%s", part, text)
				}
				rest = after
			}
			for _, foreign := range []string{"\x1b", "gonb_", "/tmp/", "signal: ", "go build"} {
				if strings.Contains(text, foreign) {
					t.Errorf("want no %q in\n%s", foreign, text)
				}
			}
			links := read[[]struct{ Text, Address string }](page, notebook.call("links", 1))
			var addresses []string
			for _, l := range links {
				addresses = append(addresses, l.Address)
				if l.Text != l.Address {
					t.Errorf("the link with the text %q: got the URL %s, want the same", l.Text, l.Address)
				}
			}
			if strings.Join(addresses, " ") != strings.Join(c.links, " ") {
				t.Errorf("links: got %q, want %q", addresses, c.links)
			}
		})
	}
}

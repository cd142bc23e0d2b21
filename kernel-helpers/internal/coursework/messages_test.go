package coursework

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"example.com/speedup/kernel-helpers/base/longtest"
	"example.com/speedup/kernel-helpers/internal/coursework/checkout"
	"example.com/speedup/kernel-helpers/internal/coursework/course"
	"example.com/speedup/kernel-helpers/internal/coursework/coursetest"
	"example.com/speedup/kernel-helpers/internal/coursework/grader"
)

var renew = flag.Bool("renew", false, "write the messages that students get to testdata/messages; with SPEEDUP_LONG=1")

// slips are mistakes that keep an answer from compiling, or that every exercise
// knows, made in the reference solution of the first exercise that has the text.
var slips = []struct{ name, old, new string }{
	{"a statement outside of any function", "// ", "fmt.Println(\"hello\")\n\n// "},
	{"a bracket is missing", "\n}\n", "\n"},
	{"a name misspelt", "sync.WaitGroup", "sync.WaitGroop"},
	{"an undefined helper", "// BEGIN SOLUTION", "helper()"},
	{"a variable without a use", "// BEGIN SOLUTION", "unused := 1"},
	{"a space from a page", "// BEGIN SOLUTION", "x :=\u00a01; _ = x"},
	{"quotation marks of a text program", "// BEGIN SOLUTION", "fmt.Println(“hello”)"},
	{"an import that is refused", "// ", "import \"net/http\"\n\nvar _ = http.Get\n\n// "},
	{"endless output", "// BEGIN SOLUTION", "for { fmt.Println(\"hello\") }"},
	{"an endless loop", "// BEGIN SOLUTION", "for { }"},
}

// function matches the name of the first function of an answer, in its declaration.
var function = regexp.MustCompile(`(?m)^func (\w+)(\[[^\]]*\])?\(`)

// typicalMistakes returns wrong answers to a set: the mutants, and slips.
func typicalMistakes(t *testing.T, c *Course, set string, nb *course.Notebook) [][]candidate {
	t.Helper()
	rounds, err := c.rounds(set, nb)
	if err != nil {
		t.Fatal(err)
	}
	mistakes := rounds[2:]
	for i, slip := range slips {
		for j := range nb.Exercises { // each slip in another exercise
			e := nb.Exercises[(i+j)%len(nb.Exercises)]
			text := e.Answers[0].Text
			if !strings.Contains(text, slip.old) {
				continue
			}
			answers := slices.Clone(e.Answers)
			answers[0].Text = strings.Replace(text, slip.old, slip.new, 1)
			mistakes = append(mistakes, []candidate{{course.Mutant{Name: slip.name, Answers: answers}, e}})
			break
		}
	}
	renamed, misspelt := nb.Exercises[0], nb.Exercises[1]
	for name, edit := range map[string]func(string) string{
		"another name": func(text string) string { return function.ReplaceAllString(text, "func My$1$2(") },
		"a small letter": func(text string) string {
			return function.ReplaceAllStringFunc(text, func(s string) string { return "func " + strings.ToLower(s[5:6]) + s[6:] })
		},
		"another signature": func(text string) string { return function.ReplaceAllString(text, "func $1$2(extra int, ") },
	} {
		e := renamed
		if name == "a small letter" {
			e = misspelt
		}
		answers := slices.Clone(e.Answers)
		answers[0].Text = edit(answers[0].Text)
		mistakes = append(mistakes, []candidate{{course.Mutant{Name: name, Answers: answers}, e}})
	}
	return mistakes
}

// varying matches what of a message is up to the scheduler.
var varying = regexp.MustCompile(` \(\d+ such goroutines\)|\b\d+ goroutines? (is|are) left|\d+ of \d+ goroutines|there were \d+ goroutines`)

// anyOrder matches an order that is up to the scheduler, and which of several workers
// got the query that crashes it.
var anyOrder = regexp.MustCompile(`(wrong order: got |began in the order |got the error worker )(?s:.*?)(, want)`)

// noAnswer matches that a query has no answer: that of the worker that crashed.
var noAnswer = regexp.MustCompile(`result \d+ is "", want "\d+"`)

// notBegun matches calls that hadn't begun. Where some run on after a function has
// returned, how many had begun is up to the scheduler.
var notBegun = regexp.MustCompile(`^\d+ calls? of "`)

// TestStudentsReadWhatToChange compares the messages about typical wrong answers with
// those in testdata/messages, which were read one by one: each has to say what to
// change to somebody who hasn't seen the solution.
func TestStudentsReadWhatToChange(t *testing.T) {
	coursetest.SkipGrading(t)
	longtest.Only(t) // it grades a hundred wrong answers
	c, err := Open(coursetest.CourseDir(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, set := range longtest.Pick([]string{"ps1"}, []string{"ps1", "ps2", "ps3"}) {
		t.Run(set, func(t *testing.T) {
			a, err := c.Assignment(set)
			if err != nil {
				t.Fatal(err)
			}
			root, err := checkout.Find(".")
			if err != nil {
				t.Fatal(err)
			}
			g, err := grader.New(t.Context(), root, a.Notebooks, grader.Options{})
			if err != nil {
				t.Fatal(err)
			}
			mistakes := typicalMistakes(t, c, set, a.Notebooks[0])
			if n := longtest.Pick(1, len(mistakes)); n < len(mistakes) {
				mistakes = mistakes[:n]
			}
			got := map[string]string{}
			for _, round := range mistakes {
				var exercises []*course.Exercise
				var answers [][]course.Code
				for _, m := range round {
					exercises, answers = append(exercises, m.exercise), append(answers, m.Answers)
				}
				results, err := g.Grade(t.Context(), exercises, answers, nil)
				if err != nil {
					t.Fatal(err)
				}
				for i, m := range round {
					got[m.exercise.Name+"/"+m.Name] = said(results[i], m.Fails)
				}
			}
			file := filepath.Join("testdata", "messages", set+".txt")
			text, err := os.ReadFile(file)
			if err != nil && !*renew {
				t.Fatal(err)
			}
			want := keptMessages(string(text))
			if *renew {
				var all strings.Builder
				for _, name := range slices.Sorted(maps.Keys(got)) {
					if !slices.Contains(want[name], got[name]) {
						want[name] = []string{got[name]}
					}
					for _, said := range want[name] {
						fmt.Fprintf(&all, "# %s\n%s\n", name, said)
					}
				}
				if err := os.WriteFile(file, []byte(all.String()), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if len(want) < 20 {
				t.Errorf("%s: got %d answers, want at least 20", file, len(want))
			}
			for name, said := range got {
				if !slices.Contains(want[name], said) {
					t.Errorf("%s: got\n%s\nwant\n%s(go test -run WhatToChange -args -renew, with SPEEDUP_LONG=1, writes the file)", name, said, strings.Join(want[name], "\nor\n"))
				}
			}
		})
	}
}

// keptMessages reads a file of messages, by answer. An answer that occurs several
// times gets one of its messages, as the scheduler decides.
func keptMessages(text string) map[string][]string {
	kept := map[string][]string{}
	for part := range strings.SplitSeq("\n"+text, "\n# ") {
		name, said, _ := strings.Cut(part, "\n")
		kept[name] = append(kept[name], strings.TrimRight(said, "\n")+"\n")
	}
	return kept
}

// said returns what a student reads about a wrong answer: the problems, or the first
// of the tests in fails that didn't pass, without fails the first of all. Other tests
// of a mutant may pass or fail as the scheduler decides; those in fails are certain.
func said(r course.ExerciseResult, fails []string) string {
	var b strings.Builder
	for _, p := range r.Problems {
		if p.Kind != course.Note {
			fmt.Fprintf(&b, "%s, %s: %s\n", p.Kind, p.Place(), p.Text)
		}
	}
	for _, test := range r.Tests {
		if test.Status == course.Passed || test.Status == course.NotRun || len(fails) > 0 && !slices.Contains(fails, test.Name) {
			continue
		}
		fmt.Fprintf(&b, "%s %s: %s\n", test.Name, test.Status, test.Asks)
		for i, m := range test.Messages {
			m = anyOrder.ReplaceAllString(m, "$1*$2")
			test.Messages[i] = noAnswer.ReplaceAllString(m, `result * is "", want *`)
		}
		if slices.ContainsFunc(test.Messages, func(m string) bool { return strings.Contains(m, "is still in flight") }) {
			test.Messages = slices.DeleteFunc(test.Messages, notBegun.MatchString)
		}
		slices.Sort(test.Messages) // calls of one instant come in any order
		for _, m := range test.Messages {
			if test.Status == course.Raced {
				m, _, _ = strings.Cut(m, " (line") // which of several races is seen is up to the scheduler
			}
			m, _, endless := strings.Cut(m, " of real time: ")
			if endless {
				m += " of real time" // where a program that never ends is found is up to chance
			}
			fmt.Fprintf(&b, "  %s\n", strings.TrimRight(strings.ReplaceAll(varying.ReplaceAllString(m, "*"), "\n", "\n  "), "\n "))
			if test.Status == course.Raced {
				break
			}
		}
		break
	}
	return b.String()
}

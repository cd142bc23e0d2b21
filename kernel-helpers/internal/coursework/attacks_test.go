package coursework

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
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

// attacks returns the answers in testdata/attacks and testdata/cheats, by name. Each
// declares a function attack. That of a cheat calls its answer to Count.
func attacks(t *testing.T) map[string]string {
	t.Helper()
	all := answersIn(t, "attacks")
	for name, c := range cheats(t) {
		all["cheat "+name] = c.answer + "\nfunc attack() { Count([]string{\"a b\", \"c\"}) }\n"
	}
	return all
}

// TestAttacksGainNothing has every exercise of every set answered by functions that
// attack and return zero values. None scores more than such functions without an
// attack, and those pass no test in which there is something to do. By default it
// tries two attacks and the cheat of the day on one exercise.
func TestAttacksGainNothing(t *testing.T) {
	coursetest.SkipGrading(t)
	root, err := checkout.Find(".")
	if err != nil {
		t.Fatal(err)
	}
	folder, err := course.OpenFolder(coursetest.CourseDir(t))
	if err != nil {
		t.Fatal(err)
	}
	all := attacks(t)
	cheats := slices.DeleteFunc(slices.Sorted(maps.Keys(all)), func(name string) bool { return !strings.HasPrefix(name, "cheat ") })
	sample := append(longtest.Daily(len(cheats), cheats), "tears-an-interface", "forges-events-on-both-streams")
	for _, set := range longtest.Pick([]string{"ps1"}, []string{"ps1", "ps2", "ps3"}) {
		a, err := folder.Assignment(set)
		if err != nil {
			t.Fatal(err)
		}
		g, err := grader.New(t.Context(), root, a.Notebooks, grader.Options{TestTime: impatient})
		if err != nil {
			t.Fatal(err)
		}
		for _, nb := range a.Notebooks {
			for _, e := range nb.Exercises {
				if e.Name != longtest.Pick("each", e.Name) {
					continue
				}
				grade := func(attack string) course.ExerciseResult {
					results, err := g.Grade(t.Context(), []*course.Exercise{e}, [][]course.Code{attacking(t, e, attack)}, nil)
					if err != nil {
						t.Fatal(err)
					}
					return results[0]
				}
				idle := grade("func attack() {}")
				for _, test := range idle.Tests {
					if test.Points > 0 && !ofNothing.MatchString(test.Name) {
						t.Errorf("%s/%s: an answer that does nothing passes %s", set, e.Name, test.Name)
					}
				}
				for name, attack := range all {
					if !slices.Contains(longtest.Pick(sample, []string{name}), name) {
						continue
					}
					if r := grade(attack); r.Score > idle.Score {
						t.Errorf("%s on %s/%s: got %g points, want at most the %g of an answer that does nothing: %+v", name, set, e.Name, r.Score, idle.Score, r.Tests)
					}
				}
			}
		}
	}
}

// ofNothing matches tests in which nothing is to be done.
var ofNothing = regexp.MustCompile(`OfNothing$|^TestAllWithoutErrors$`)

// importLine matches an import that an attack begins with.
var importLine = regexp.MustCompile(`(?m)^import .*\n`)

// attacking returns answers to an exercise whose functions call attack and return
// zero values.
func attacking(t *testing.T, e *course.Exercise, attack string) (answers []course.Code) {
	t.Helper()
	for i, a := range e.Answers {
		stub := a.Stub()
		text, _ := stub.Go()
		fset, file, err := stub.Parse(parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		offset := func(pos token.Pos) int { return fset.Position(pos).Offset - len(course.PackageClause) }
		for _, d := range slices.Backward(file.Decls) {
			f, isFunc := d.(*ast.FuncDecl)
			if !isFunc || !strings.Contains(text[offset(f.Body.Pos()):offset(f.Body.End())], "not implemented") {
				continue
			}
			var zero []string
			if f.Type.Results != nil {
				for _, r := range f.Type.Results.List {
					for range max(1, len(r.Names)) {
						zero = append(zero, fmt.Sprintf("*new(%s)", text[offset(r.Type.Pos()):offset(r.Type.End())]))
					}
				}
			}
			text = text[:offset(f.Body.Pos())] + "{\n\tattack()\n\treturn " + strings.Join(zero, ", ") + "\n}" + text[offset(f.Body.End()):]
		}
		if i == 0 {
			imports, rest := "", attack
			if at := importLine.FindAllStringIndex(attack, -1); len(at) > 0 {
				end := at[len(at)-1][1]
				imports, rest = attack[:end], attack[end:]
			}
			text = imports + text + "\n" + rest
		}
		answers = append(answers, course.Code{Cell: a.Cell, Text: text})
	}
	return answers
}

package course_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/format"
	"go/parser"
	"slices"
	"strings"
	"testing"

	"example.com/speedup/kernel-helpers/base/longtest"
	"example.com/speedup/kernel-helpers/internal/coursework/course"
	"example.com/speedup/kernel-helpers/internal/coursework/coursetest"
)

var releasedSets = longtest.Pick([]string{"ps1"}, []string{"ps1", "ps2", "ps3"})

// declarations returns the declarations of cells, formatted, by what they declare.
// It reports false if a cell doesn't parse or something is declared twice.
func declarations(cells []course.Code) (decls map[string]string, parses bool) {
	decls = map[string]string{}
	for _, c := range cells {
		fset, file, err := c.Parse(parser.SkipObjectResolution)
		if err != nil {
			return nil, false
		}
		for _, d := range file.Decls {
			var b bytes.Buffer
			if err := format.Node(&b, fset, d); err != nil {
				return nil, false
			}
			name := fmt.Sprint("decl ", strings.Join(course.Declared(&ast.File{Decls: []ast.Decl{d}}), ","))
			if f, isFunc := d.(*ast.FuncDecl); isFunc && f.Recv != nil {
				name = "method " + f.Name.Name + strings.SplitN(b.String(), ")", 2)[0]
			}
			if _, twice := decls[name]; twice {
				return nil, false
			}
			decls[name] = strings.ReplaceAll(b.String(), "\n\n", "\n") // parts of an answer are joined by an empty line
		}
	}
	return decls, true
}

// found reports whether the reference solution to an exercise was found whole, and
// without what the course declares.
func found(nb *course.Notebook, e *course.Exercise, s *course.Submitted) bool {
	answers, missing := s.Answers(e)
	got, parses := declarations(answers)
	if len(missing) > 0 || !parses {
		return false
	}
	want, _ := declarations(e.Answers)
	for name, text := range want {
		if got[name] != text {
			return false
		}
	}
	ours, _ := declarations(append(slices.Clone(e.Shared), e.Tests))
	for name := range ours {
		if _, declared := got[name]; declared {
			return false
		}
	}
	return true
}

// told reports whether a problem other than a note is about a cell of the exercise.
func told(e *course.Exercise, s *course.Submitted) bool {
	_, missing := s.Answers(e)
	return slices.ContainsFunc(append(missing, s.Problems...), func(p course.Problem) bool {
		return p.Kind != course.Note && slices.ContainsFunc(e.Answers, func(a course.Code) bool { return a.Cell == p.Cell })
	})
}

// lost returns what of a right submission was lost without a word.
func lost(t testing.TB, nb *course.Notebook, s *course.Submitted, keeps bool) (all []string) {
	t.Helper()
	for _, e := range nb.Exercises {
		switch {
		case found(nb, e, s):
		case keeps:
			all = append(all, e.Name)
		case !told(e, s) && !compilerTells(e, s):
			all = append(all, e.Name+" silently")
		}
	}
	text, err := s.Rebuild(nb)
	if err != nil {
		t.Fatal(err)
	}
	var doc struct {
		Cells []struct {
			Source   string
			Metadata struct {
				Nbgrader struct {
					GradeID string `json:"grade_id"`
				}
			}
		}
	}
	if err := json.Unmarshal(text, &doc); err != nil {
		t.Fatal(err)
	}
	for _, c := range nb.Cells {
		if c.Role != course.Written {
			continue
		}
		i := slices.IndexFunc(doc.Cells, func(cell struct {
			Source   string
			Metadata struct {
				Nbgrader struct {
					GradeID string `json:"grade_id"`
				}
			}
		}) bool {
			return cell.Metadata.Nbgrader.GradeID == c.GradeID
		})
		words := func(text string) string {
			return strings.Join(strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(" \t\r\n\\\ufffd", r) }), " ")
		}
		if i >= 0 && strings.Contains(words(doc.Cells[i].Source), words(coursetest.Written(c.GradeID))) {
			continue
		}
		if keeps || !slices.Contains(s.Checks, c.GradeID) {
			all = append(all, c.GradeID)
		}
	}
	return all
}

// compilerTells reports whether the answer that was found can't compile, which the
// student and the teacher read.
func compilerTells(e *course.Exercise, s *course.Submitted) bool {
	answers, _ := s.Answers(e)
	got, parses := declarations(answers)
	if !parses {
		return true
	}
	want, _ := declarations(e.Answers)
	for name := range want {
		if _, declared := got[name]; !declared {
			return true
		}
	}
	return false
}

func TestOfTamperedNotebooksNoRightAnswerIsLostSilently(t *testing.T) {
	all := coursetest.Tamperings()
	if len(all) < 50 {
		t.Errorf("got %d tamperings, want at least 50", len(all))
	}
	for _, set := range releasedSets {
		right := coursetest.NewRight(t, coursetest.CourseDir(t), set)
		for _, tampering := range all {
			t.Run(set+"/"+tampering.Name, func(t *testing.T) {
				d := right.Draft(t)
				tampering.Edit(d)
				s, err := course.ParseSubmitted(d.Text(t), right.Source)
				if (err != nil) != tampering.Unreadable {
					t.Fatalf("got the error %v, want one: %t", err, tampering.Unreadable)
				}
				if err != nil {
					return
				}
				if got := lost(t, right.Source, s, tampering.Keeps); len(got) > 0 {
					t.Errorf("lost: %q; it says %+v", got, s.Problems)
				}
			})
		}
	}
}

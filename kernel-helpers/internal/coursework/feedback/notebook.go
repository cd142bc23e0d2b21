package feedback

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"

	"example.com/speedup/kernel-helpers/internal/coursework/course"
	"example.com/speedup/kernel-helpers/internal/coursework/untrusted"
)

// document is a notebook to write, in nbformat 4.5.
type document struct {
	Cells    []cell         `json:"cells"`
	Metadata map[string]any `json:"metadata"`
	Format   int            `json:"nbformat"`
	Minor    int            `json:"nbformat_minor"`
}

type cell struct {
	Kind     string         `json:"cell_type"`
	Count    any            `json:"execution_count,omitzero"`
	ID       string         `json:"id"`
	Metadata map[string]any `json:"metadata"`
	Outputs  []any          `json:"outputs,omitzero"`
	Source   string         `json:"source"`
}

func (nb *document) add(kind, source string, outputs ...any) {
	c := cell{Kind: kind, ID: fmt.Sprintf("feedback-%d", len(nb.Cells)+1), Metadata: map[string]any{}, Source: source}
	if kind == "code" { // nbformat requires both of a code cell, and forbids them elsewhere
		c.Count = json.RawMessage("null")
		c.Outputs = append([]any{}, outputs...)
	}
	nb.Cells = append(nb.Cells, c)
}

// renderNotebook returns the feedback as a notebook: each answer is a cell, and what
// the tests say is its output.
func (p page) renderNotebook() ([]byte, error) {
	nb := document{
		Metadata: map[string]any{
			"kernelspec":    map[string]string{"name": "gonb", "display_name": "Go (gonb)", "language": "go"},
			"language_info": map[string]string{"name": "go"},
		},
		Format: 4, Minor: 5,
	}
	nb.add("markdown", p.summary())
	for _, e := range p.Notebook.Exercises {
		nb.add("markdown", fmt.Sprintf("## %s: %s of %s points", escapeMarkdown(e.Name), formatPoints(e.Score), formatPoints(e.MaxScore)))
		var html bytes.Buffer
		if err := templates.ExecuteTemplate(&html, "exercise", e); err != nil {
			return nil, err
		}
		output := map[string]any{
			"output_type": "display_data",
			"metadata":    map[string]any{},
			"data":        map[string]string{"text/html": html.String(), "text/plain": plainExercise(e)},
		}
		for i, a := range e.Answer {
			if i < len(e.Answer)-1 {
				nb.add("code", untrusted.Clean(a.Source))
			} else {
				nb.add("code", untrusted.Clean(a.Source), output)
			}
		}
		if len(e.Answer) == 0 {
			nb.add("code", "// no answer was graded", output)
		}
	}
	for _, m := range p.Standing.Marks {
		title := escapeMarkdown(m.Cell)
		switch {
		case m.MaxScore > 0 && m.Graded:
			title += fmt.Sprintf(": %s of %s points", formatPoints(m.Score), formatPoints(m.MaxScore))
		case m.MaxScore > 0:
			title += ": not yet graded"
		}
		nb.add("markdown", "## "+title+"\n\n"+escapeMarkdown(m.Comment))
	}
	text, err := json.MarshalIndent(nb, "", " ")
	return append(text, '\n'), err
}

// summary returns the first cell: points, lateness and problems.
func (p page) summary() string {
	r := p.Result
	top := fmt.Sprintf("# %s: %s of %s points\n\n%s", escapeMarkdown(p.Name), formatPoints(r.Score), formatPoints(r.MaxScore), escapeMarkdown(r.Student))
	if at := p.HandedIn(); at != "" {
		top += ", handed in " + at
	}
	if r.Penalty > 0 {
		top += fmt.Sprintf(". %s points are taken off for handing in %s late", formatPoints(r.Penalty), plural(r.DaysLate, "day"))
	}
	top += "."
	if by := p.ByHand(); by != "" {
		top += "\n\n" + by
	}
	for _, problem := range p.Problems {
		top += "\n\n- **" + escapeMarkdown(kindWords(problem.Kind)) + "**: " + escapeMarkdown(located(problem))
	}
	return top
}

// located returns a problem's text after its place.
func located(p course.Problem) string {
	return strings.TrimPrefix(p.Place()+": ", ": ") + p.Text
}

// plainExercise describes an exercise for readers that show text only.
func plainExercise(e course.ExerciseResult) string {
	var b strings.Builder
	for _, p := range e.Problems {
		fmt.Fprintf(&b, "%s: %s\n", kindWords(p.Kind), untrusted.Clean(located(p)))
	}
	for _, t := range e.Tests {
		sign := "✗"
		if t.Status == course.Passed {
			sign = "✓"
		}
		fmt.Fprintf(&b, "%s %s: %s, %s of %s points\n", sign, untrusted.Clean(t.Name), statusWords(t.Status), formatPoints(t.Points), formatPoints(t.MaxPoints))
		for _, m := range shownMessages(t) {
			b.WriteString("    " + strings.ReplaceAll(strings.TrimSpace(untrusted.Clean(m)), "\n", "\n    ") + "\n")
		}
	}
	return b.String()
}

var markdownPunctuation = regexp.MustCompile("[!-/:-@\\[-`{-~]")

// escapeMarkdown returns text that Markdown shows as it is, on one line.
func escapeMarkdown(text string) string {
	return markdownPunctuation.ReplaceAllString(oneLine(text), `\$0`)
}

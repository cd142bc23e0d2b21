package coursework

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
)

// ipynb is a notebook to write, of format 4.5.
type ipynb struct {
	Cells    []ipynbCell    `json:"cells"`
	Metadata map[string]any `json:"metadata"`
	Format   int            `json:"nbformat"`
	Minor    int            `json:"nbformat_minor"`
}

type ipynbCell struct {
	Kind     string         `json:"cell_type"`
	Count    any            `json:"execution_count,omitzero"`
	ID       string         `json:"id"`
	Metadata map[string]any `json:"metadata"`
	Outputs  []any          `json:"outputs,omitzero"`
	Source   string         `json:"source"`
}

// renderNotebook writes the feedback as a notebook: each answer as a cell, what
// the tests said as its output.
func renderNotebook(p feedbackPage) ([]byte, error) {
	var nb ipynb
	add := func(kind, source string, outputs ...any) {
		nb.Cells = append(nb.Cells, ipynbCell{
			Kind: kind, ID: fmt.Sprintf("feedback-%d", len(nb.Cells)+1), Metadata: map[string]any{}, Source: source, Outputs: outputs,
		})
	}
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
		top += "\n\n- **" + escapeMarkdown(kindWords(problem.Kind)) + "**: " + escapeMarkdown(strings.TrimPrefix(problemPlace(problem)+": ", ": ")+problem.Text)
	}
	add("markdown", top)
	for _, e := range p.Notebook.Exercises {
		add("markdown", fmt.Sprintf("## %s: %s of %s points", escapeMarkdown(e.Name), formatPoints(e.Score), formatPoints(e.MaxScore)))
		var html bytes.Buffer
		if err := feedbackTemplates.ExecuteTemplate(&html, "exercise", e); err != nil {
			return nil, err
		}
		output := map[string]any{
			"output_type": "display_data",
			"metadata":    map[string]any{},
			"data":        map[string]string{"text/html": html.String(), "text/plain": plainExercise(e)},
		}
		for i, a := range e.Answer {
			if i < len(e.Answer)-1 {
				add("code", Clean(a.Source))
			} else {
				add("code", Clean(a.Source), output)
			}
		}
		if len(e.Answer) == 0 {
			add("code", "// nothing was graded", output)
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
		add("markdown", "## "+title+"\n\n"+escapeMarkdown(m.Comment))
	}
	for i := range nb.Cells { // code cells have both members, others neither
		if c := &nb.Cells[i]; c.Kind == "code" {
			c.Count = json.RawMessage("null")
			if c.Outputs == nil {
				c.Outputs = []any{}
			}
		}
	}
	nb.Metadata = map[string]any{
		"kernelspec":    map[string]string{"name": "gonb", "display_name": "Go (gonb)", "language": "go"},
		"language_info": map[string]string{"name": "go"},
	}
	nb.Format, nb.Minor = 4, 5
	text, err := json.MarshalIndent(nb, "", " ")
	return append(text, '\n'), err
}

// plainExercise is an exercise for readers that show text only.
func plainExercise(e ExerciseResult) string {
	var b strings.Builder
	for _, p := range e.Problems {
		fmt.Fprintf(&b, "%s: %s\n", kindWords(p.Kind), Clean(strings.TrimPrefix(problemPlace(p)+": ", ": ")+p.Text))
	}
	for _, t := range e.Tests {
		mark := "✗"
		if t.Status == Passed {
			mark = "✓"
		}
		fmt.Fprintf(&b, "%s %s: %s, %s of %s points\n", mark, Clean(t.Name), statusWords(t.Status), formatPoints(t.Points), formatPoints(t.MaxPoints))
		for _, m := range shownMessages(t) {
			b.WriteString("    " + strings.ReplaceAll(strings.TrimSpace(Clean(m)), "\n", "\n    ") + "\n")
		}
	}
	return b.String()
}

var markdownMarks = regexp.MustCompile("[!-/:-@\\[-`{-~]")

// escapeMarkdown has Markdown show text as it is, on one line.
func escapeMarkdown(text string) string {
	return markdownMarks.ReplaceAllString(strings.Join(strings.Fields(Clean(text)), " "), `\$0`)
}

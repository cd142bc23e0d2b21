package gradefile

import (
	"encoding/json"
	"io"
	"strings"

	"example.com/speedup/kernel-helpers/internal/coursework/course"
	"example.com/speedup/kernel-helpers/internal/coursework/untrusted"
)

// gradescopeResults is the content of Gradescope's results.json.
type gradescopeResults struct {
	Score            float64          `json:"score"`
	Output           string           `json:"output,omitempty"`
	OutputFormat     string           `json:"output_format"`
	TestOutputFormat string           `json:"test_output_format"`
	TestNameFormat   string           `json:"test_name_format"`
	Visibility       string           `json:"visibility"`
	StdoutVisibility string           `json:"stdout_visibility"`
	Tests            []gradescopeTest `json:"tests"`
}

type gradescopeTest struct {
	Score      float64  `json:"score"`
	MaxScore   float64  `json:"max_score"`
	Status     string   `json:"status"` // passed or failed
	Name       string   `json:"name"`
	Output     string   `json:"output,omitempty"`
	Tags       []string `json:"tags,omitempty"`
	Visibility string   `json:"visibility"`
}

// WriteGradescope writes one student's results.json. Hidden tests are visible once
// the grades are published. What a person grades isn't in it: that is done in
// Gradescope.
func WriteGradescope(w io.Writer, r course.Result) error {
	out := gradescopeResults{Score: r.Score, OutputFormat: "text", TestOutputFormat: "text", TestNameFormat: "text",
		Visibility: "visible", StdoutVisibility: "hidden", Tests: []gradescopeTest{}}
	var lines []string
	problem := func(p course.Problem) {
		lines = append(lines, untrusted.Clean(strings.TrimPrefix(p.Place()+": ", ": ")+p.Text))
	}
	for _, p := range r.Problems {
		problem(p)
	}
	for _, n := range r.Notebooks {
		for _, p := range n.Problems {
			problem(p)
		}
		for _, e := range n.Exercises {
			for _, p := range e.Problems {
				problem(p)
			}
			for _, t := range e.Tests {
				one := gradescopeTest{Score: t.Points, MaxScore: t.MaxPoints, Status: "failed", Name: e.Name + ": " + t.Name,
					Output: untrusted.Clean(strings.Join(t.Messages, "\n")), Tags: []string{e.Name}, Visibility: "visible"}
				if t.Status == course.Passed {
					one.Status = "passed"
				} else if one.Output == "" {
					one.Output = string(t.Status)
				}
				if t.Hidden {
					one.Visibility = "after_published"
				}
				out.Tests = append(out.Tests, one)
			}
		}
	}
	out.Output = strings.Join(lines, "\n")
	enc := json.NewEncoder(w)
	enc.SetIndent("", " ")
	return enc.Encode(out)
}

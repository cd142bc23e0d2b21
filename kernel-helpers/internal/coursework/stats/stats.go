package stats

import (
	"cmp"
	"regexp"
	"slices"
	"strings"

	"example.com/speedup/kernel-helpers/internal/coursework/course"
	"example.com/speedup/kernel-helpers/internal/coursework/untrusted"
)

// Stats are the statistics of an assignment.
type Stats struct {
	Course     string     `json:"course"`
	Assignment string     `json:"assignment"`
	HandedIn   int        `json:"handed_in"`
	Absent     int        `json:"absent"`
	Late       int        `json:"late"`
	MaxScore   float64    `json:"max_score"` // of the tests
	Score      Spread     `json:"score"`     // of the tests, after penalties
	Exercises  []Exercise `json:"exercises"`
	Messages   []Message  `json:"messages"` // the most frequent first, at most MaxMessages
}

// Exercise has the statistics of an exercise.
type Exercise struct {
	Notebook string  `json:"notebook"`
	Name     string  `json:"name"`
	MaxScore float64 `json:"max_score"`
	Answered int     `json:"answered"` // students whose answer isn't missing or as it was handed out
	Score    Spread  `json:"score"`
	Tests    []Test  `json:"tests"`
}

// Test has the statistics of a test.
type Test struct {
	Name      string  `json:"name"`
	Hidden    bool    `json:"hidden"`
	MaxPoints float64 `json:"max_points"`
	Passed    int     `json:"passed"` // students
	Of        int     `json:"of"`     // students who handed in
}

// Share returns the share of students who passed, 0 to 1.
func (t Test) Share() float64 {
	if t.Of == 0 {
		return 0
	}
	return float64(t.Passed) / float64(t.Of)
}

// Message is what tests told students.
type Message struct {
	Exercise string `json:"exercise"`
	Test     string `json:"test,omitempty"` // "" for a message about the answer as a whole
	Text     string `json:"text"`           // one of those that differ in numbers only
	Students int    `json:"students"`
}

// MaxMessages is how many messages are listed.
const MaxMessages = 15

// numbers match what may differ between equal messages.
var numbers = regexp.MustCompile(`[0-9][0-9.,]*`)

// Of returns the statistics of the results of one assignment.
func Of(results []course.Result) Stats {
	s := Stats{Exercises: []Exercise{}, Messages: []Message{}}
	var total []float64
	points := map[[2]string][]float64{}
	places := map[[2]string]int{}
	messages := map[Message]*Message{} // by the message without its numbers and students
	for _, r := range results {
		s.Course, s.Assignment, s.MaxScore = r.Course, r.Assignment, max(s.MaxScore, r.MaxScore)
		if r.Absent {
			s.Absent++
			continue
		}
		s.HandedIn++
		if r.DaysLate > 0 {
			s.Late++
		}
		total = append(total, r.Score)
		seen := map[Message]bool{}
		for _, n := range r.Notebooks {
			for _, e := range n.Exercises {
				key := [2]string{n.Name, e.Name}
				i, found := places[key]
				if !found {
					i = len(s.Exercises)
					places[key] = i
					s.Exercises = append(s.Exercises, Exercise{Notebook: n.Name, Name: e.Name, MaxScore: e.MaxScore, Tests: []Test{}})
				}
				points[key] = append(points[key], e.Score)
				s.Exercises[i].add(e)
				for _, m := range messagesOf(e) {
					pattern := m
					pattern.Text = numbers.ReplaceAllString(m.Text, "#")
					if messages[pattern] == nil {
						messages[pattern] = &m
					}
					if !seen[pattern] {
						seen[pattern] = true
						messages[pattern].Students++
					}
				}
			}
		}
	}
	s.Score = spreadOf(total)
	for key, i := range places {
		s.Exercises[i].Score = spreadOf(points[key])
	}
	for _, m := range messages {
		s.Messages = append(s.Messages, *m)
	}
	slices.SortFunc(s.Messages, func(a, b Message) int {
		return cmp.Or(cmp.Compare(b.Students, a.Students), cmp.Compare(a.Exercise, b.Exercise), cmp.Compare(a.Test, b.Test), cmp.Compare(a.Text, b.Text))
	})
	s.Messages = s.Messages[:min(len(s.Messages), MaxMessages)]
	return s
}

// add counts one student's exercise.
func (e *Exercise) add(r course.ExerciseResult) {
	if !slices.ContainsFunc(r.Problems, func(p course.Problem) bool { return p.Kind == course.Missing }) {
		e.Answered++
	}
	for _, t := range r.Tests {
		i := slices.IndexFunc(e.Tests, func(known Test) bool { return known.Name == t.Name })
		if i < 0 {
			i = len(e.Tests)
			e.Tests = append(e.Tests, Test{Name: t.Name, Hidden: t.Hidden, MaxPoints: t.MaxPoints})
		}
		e.Tests[i].Of++
		if t.Status == course.Passed {
			e.Tests[i].Passed++
		}
	}
}

// messagesOf returns what an exercise's result says, a line each.
func messagesOf(e course.ExerciseResult) (list []Message) {
	add := func(test, text string) {
		line, _, _ := strings.Cut(strings.TrimSpace(untrusted.Clean(text)), "\n")
		if line != "" {
			list = append(list, Message{Exercise: e.Name, Test: test, Text: untrusted.Truncate(line, 300)})
		}
	}
	for _, p := range e.Problems {
		if p.Kind != course.Note {
			add("", string(p.Kind)+": "+p.Text)
		}
	}
	for _, t := range e.Tests {
		if t.Status == course.Passed || t.Status == course.NotRun {
			continue
		}
		if len(t.Messages) == 0 {
			add(t.Name, string(t.Status))
		}
		for _, m := range t.Messages {
			add(t.Name, m)
		}
	}
	return list
}

package course

import (
	"encoding/json"
	"fmt"

	"example.com/speedup/kernel-helpers/internal/coursework/untrusted"
)

// Rebuild returns a notebook, in nbformat 4.5, that has the course's own cells and
// metadata with the student's answers, and the student's own cells at their
// places. All that comes from the student is text, made safe to render: no
// metadata, outputs or attachments. Copies and parts of answers are in the
// answers.
func (s *Submitted) Rebuild(nb *Notebook) ([]byte, error) {
	type cell struct {
		ID       string           `json:"id"`
		Type     string           `json:"cell_type"`
		Metadata json.RawMessage  `json:"metadata"`
		Source   string           `json:"source"`
		Count    *json.RawMessage `json:"execution_count,omitempty"`
		Outputs  *[]string        `json:"outputs,omitempty"`
	}
	null := json.RawMessage("null")
	var cells []cell
	add := func(id, kind, source string, metadata []byte) {
		c := cell{ID: id, Type: kind, Source: source, Metadata: metadata}
		if len(metadata) == 0 {
			c.Metadata = json.RawMessage("{}")
		}
		if kind == "code" {
			c.Count, c.Outputs = &null, &[]string{}
		}
		cells = append(cells, c)
	}
	extras := func(at int) {
		for i, x := range s.extra[at] {
			id := fmt.Sprintf("student-%d-%d", at+1, i+1)
			if x.code {
				add(id, "code", untrusted.Clean(x.source), nil)
			} else {
				add(id, "markdown", untrusted.Markdown(x.source), nil)
			}
		}
	}
	extras(-1)
	for i, c := range nb.Cells {
		source, student := c.Source, false
		if text, found := s.changed[c.ID]; found && c.GradeID == "" {
			source, student = text, true
		}
		if text, found := s.cells[c.GradeID]; found && c.GradeID != "" {
			source, student = text, true
		}
		switch {
		case !student:
		case c.Type == "code":
			source = untrusted.Clean(source)
		default:
			source = untrusted.Markdown(source)
		}
		id := c.ID
		if id == "" {
			id = fmt.Sprintf("course-%d", i+1)
		}
		add(id, c.Type, source, c.metadata)
		extras(i)
	}
	metadata := nb.metadata
	if len(metadata) == 0 {
		metadata = []byte("{}")
	}
	return json.Marshal(map[string]any{"cells": cells, "metadata": json.RawMessage(metadata), "nbformat": 4, "nbformat_minor": 5})
}

// Released returns the notebook without a student's answers, in place of one that
// can't be read.
func (nb *Notebook) Released() *Submitted { return &Submitted{} }

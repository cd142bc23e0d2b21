package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// A plan is a new order of the notebooks.
type plan struct {
	old      map[string]int  // number of each notebook by its name, before
	new      map[string]int  // and after
	number   map[int]int     // the new number of each old one
	sections map[string]bool // the old section numbers, such as "3.1"
}

var notebookFile = regexp.MustCompile(`^(\d\d)-(.+)\.ipynb$`)

// renumber gives the notebooks in root/notebooks the numbers of their places in
// order. It returns the files that changed, under their new names.
func renumber(root string, order []string) (changed []string, err error) {
	p, err := newPlan(filepath.Join(root, "notebooks"), order)
	if err != nil {
		return nil, err
	}
	err = filepath.WalkDir(root, func(file string, entry fs.DirEntry, err error) error {
		switch name := entry.Name(); {
		case err != nil:
			return err
		case entry.IsDir() && file != root && (name == "bin" || name[0] == '.' && name != ".github"):
			return fs.SkipDir
		case entry.IsDir() || !slices.Contains([]string{".ipynb", ".md", ".go"}, filepath.Ext(name)):
			return nil
		case strings.Contains(filepath.ToSlash(file), "cmd/renumber-notebooks/"):
			return nil // its examples are not of this course
		}
		was, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		is, err := p.edit(filepath.Ext(file), was)
		if err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
		if !bytes.Equal(was, is) {
			changed = append(changed, file)
			return os.WriteFile(file, is, 0o644)
		}
		return nil
	})
	if err != nil {
		return changed, err
	}
	return p.rename(filepath.Join(root, "notebooks"), changed)
}

func newPlan(dir string, order []string) (*plan, error) {
	p := &plan{old: map[string]int{}, new: map[string]int{}, number: map[int]int{}, sections: map[string]bool{}}
	for i, name := range order {
		if name == "-" {
			continue
		}
		if _, twice := p.new[name]; twice {
			return nil, fmt.Errorf("%s is named twice", name)
		}
		p.new[name] = i
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	for _, entry := range entries {
		m := notebookFile.FindStringSubmatch(entry.Name())
		if m == nil {
			continue
		}
		number, _ := strconv.Atoi(m[1]) // two digits
		to, known := p.new[m[2]]
		if !known {
			return nil, fmt.Errorf("%s has no place in the new order", m[2])
		}
		if _, twice := p.number[number]; twice {
			return nil, fmt.Errorf("two notebooks have the number %02d", number)
		}
		p.old[m[2]], p.number[number] = number, to
		text, err := os.ReadFile(filepath.Join(dir, entry.Name()))
		if err != nil {
			return nil, err
		}
		for _, heading := range headings.FindAllSubmatch(text, -1) {
			p.sections[string(heading[1])] = true
		}
	}
	for name := range p.new {
		if _, found := p.old[name]; !found {
			return nil, fmt.Errorf("there is no notebook %s", name)
		}
	}
	return p, nil
}

// rename gives the files their names. All move aside first, because a new name
// may be another's old one.
func (p *plan) rename(dir string, changed []string) ([]string, error) {
	file := func(number int, name string) string {
		return filepath.Join(dir, fmt.Sprintf("%02d-%s.ipynb", number, name))
	}
	aside := func(name string) string { return filepath.Join(dir, "."+name+".renumbered") }
	for name, number := range p.old {
		if number != p.new[name] {
			if err := os.Rename(file(number, name), aside(name)); err != nil {
				return changed, err
			}
		}
	}
	for name, number := range p.old {
		if number == p.new[name] {
			continue
		}
		was, is := file(number, name), file(p.new[name], name)
		if err := os.Rename(aside(name), is); err != nil {
			return changed, err
		}
		if i := slices.Index(changed, was); i >= 0 {
			changed[i] = is
		} else {
			changed = append(changed, is)
		}
	}
	slices.Sort(changed)
	return changed, nil
}

// edit returns the new text of a file with this extension.
func (p *plan) edit(ext string, text []byte) ([]byte, error) {
	switch ext {
	case ".ipynb":
		return p.editNotebook(text)
	case ".md":
		return []byte(sortRows(p.prose(string(text)))), nil
	default:
		return []byte(p.names(string(text))), nil
	}
}

// editNotebook changes the text cells, and references in the source of code cells. It
// keeps every other byte.
func (p *plan) editNotebook(text []byte) ([]byte, error) {
	var nb struct {
		Cells []json.RawMessage `json:"cells"`
	}
	if err := json.Unmarshal(text, &nb); err != nil {
		return nil, err
	}
	var out bytes.Buffer
	for _, cell := range nb.Cells {
		var kind struct {
			Type string `json:"cell_type"`
		}
		if err := json.Unmarshal(cell, &kind); err != nil {
			return nil, err
		}
		before, after, _ := bytes.Cut(text, cell)
		out.Write(before)
		if kind.Type == "markdown" {
			out.WriteString(p.prose(string(cell)))
		} else {
			// Only comments and messages call a notebook or a section by name. Outputs
			// come before the source and stay.
			source := bytes.LastIndex(cell, []byte(`"source": [`))
			out.Write(cell[:max(0, source)])
			out.WriteString(p.mentions(named.ReplaceAllStringFunc(string(cell[max(0, source):]), p.sectionNumbers)))
		}
		text = after
	}
	out.Write(text)
	return out.Bytes(), nil
}

var (
	headings = regexp.MustCompile(`## (\d+\.\d+) `)
	title    = regexp.MustCompile(`# \d+ · `)
	name     = regexp.MustCompile(`\b(\d\d)-([a-z]+(?:-[a-z]+)*)`)
	section  = regexp.MustCompile(`\b\d+\.\d+\b`)
	unit     = regexp.MustCompile(`^(?:\.\d|[\d%×/]|\s?(?:s|ms|ns|µs|μs|µ|%|×|[kKMG]i?B|GHz|seconds?|times|million)\b| %)`)
	release  = regexp.MustCompile(`(?:[-/×$€.\d]|(?:Go|Python|CPython|version) )$`)
	named    = regexp.MustCompile(`\b[Ss]ections? \d+\.\d+`)
	mention  = regexp.MustCompile(`\b[Nn]otebooks?`)
	linked   = regexp.MustCompile(`\[(\d{1,2})((?: · [^\]]*)?\]\((?:[^)\s]*/)?)(\d\d)-([a-z]+(?:-[a-z]+)*)\.ipynb`)
	further  = regexp.MustCompile(`^(?: |, | and | to | or |, and )\[?(\d{1,2})\b(?: \([a-z -]+\))?\]?(?:\([^)]*\))?`)
)

// prose changes all references in text for readers.
func (p *plan) prose(text string) string {
	text = p.names(p.links(text))
	text = title.ReplaceAllStringFunc(text, func(s string) string {
		return "# " + p.renumbered(s[2:len(s)-len(" · ")]) + " · "
	})
	return p.mentions(p.sectionNumbers(text))
}

// links changes the numbers by which links call notebooks, as [3](03-fan-out.ipynb)
// does.
func (p *plan) links(text string) string {
	return linked.ReplaceAllStringFunc(text, func(s string) string {
		m := linked.FindStringSubmatch(s)
		if number, known := p.old[m[4]]; !known || fmt.Sprintf("%02d", number) != m[3] || !isNumber(m[1], m[3]) {
			return s
		}
		return "[" + p.renumbered(m[1]) + strings.TrimPrefix(s, "["+m[1])
	})
}

// isNumber reports whether two texts are the same number.
func isNumber(a, b string) bool { return strings.TrimPrefix(a, "0") == strings.TrimPrefix(b, "0") }

// names changes names of files. A name with another number than the file's own
// is someone else's.
func (p *plan) names(text string) string {
	return name.ReplaceAllStringFunc(text, func(s string) string {
		number, known := p.old[s[3:]]
		if !known || fmt.Sprintf("%02d", number) != s[:2] {
			return s
		}
		return fmt.Sprintf("%02d-%s", p.new[s[3:]], s[3:])
	})
}

func (p *plan) sectionNumbers(text string) string {
	var b strings.Builder
	from := 0
	for _, at := range section.FindAllStringIndex(text, -1) {
		s := text[at[0]:at[1]]
		b.WriteString(text[from:at[0]])
		from = at[1]
		if p.sections[s] && !unit.MatchString(text[at[1]:]) && !release.MatchString(text[:at[0]]) {
			whole, part, _ := strings.Cut(s, ".")
			s = p.renumbered(whole) + "." + part
		}
		b.WriteString(s)
	}
	return b.String() + text[from:]
}

// mentions changes the numbers that follow the word notebook.
func (p *plan) mentions(text string) string {
	var b strings.Builder
	for {
		at := mention.FindStringIndex(text)
		if at == nil {
			return b.String() + text
		}
		b.WriteString(text[:at[1]])
		text = text[at[1]:]
		for {
			m := further.FindStringSubmatchIndex(text)
			if m == nil || strings.HasPrefix(text[m[3]:], ".") && section.MatchString(text[m[2]:min(m[3]+2, len(text))]) {
				break
			}
			number := p.renumbered(text[m[2]:m[3]])
			if l := linked.FindStringIndex(text); l != nil && l[0] == m[2]-1 {
				number = text[m[2]:m[3]] // links has seen to it
			}
			b.WriteString(text[:m[2]] + number + text[m[3]:m[1]])
			text = text[m[1]:]
		}
	}
}

// renumbered returns the new number for an old one, with as many digits.
func (p *plan) renumbered(s string) string {
	number, err := strconv.Atoi(s)
	to, known := p.number[number]
	if err != nil || !known {
		return s
	}
	return fmt.Sprintf("%0*d", len(s), to)
}

var row = regexp.MustCompile("^\\| `\\d\\d-")

// sortRows sorts the rows of a table that begin with the names of notebooks.
func sortRows(text string) string {
	lines := strings.SplitAfter(text, "\n")
	for from := 0; from < len(lines); from++ {
		to := from
		for to < len(lines) && row.MatchString(lines[to]) {
			to++
		}
		slices.Sort(lines[from:to])
		from = max(from, to-1)
	}
	return strings.Join(lines, "")
}

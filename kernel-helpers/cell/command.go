package cell

import (
	"bytes"
	"fmt"
	"go/token"
	"slices"
	"strings"
)

// Command is a line of a cell that is for the kernel or for the shell, with the
// lines that continue it.
type Command struct {
	Pos Position
	// Shell reports whether it begins with ! rather than %.
	Shell bool
	Name  string // the first word behind %; "%" for %%
	Text  string // what follows % or !, without white space around it
}

// Arguments are the words behind the name, split by [Fields].
func (c *Command) Arguments() ([]string, error) {
	words, err := Fields(strings.TrimPrefix(c.Text, c.Name))
	if err != nil {
		return nil, fmt.Errorf("%%%s: %w", c.Name, err)
	}
	return words, nil
}

// CommentPrefix may precede a command, which then is a comment to Go tools.
const CommentPrefix = "//gonb:"

// words are the commands that begin with %.
var words = []string{
	"%", "args", "autoget", "capture", "cd", "debug", "env", "exec", "goflags", "goworkfix", "help", "list", "ls", "main",
	"noautoget", "remove", "replay", "reset", "rm", "test", "track", "untrack", "version", "wasm", "widgets",
	"widgets_hb", "with_inputs", "with_password",
}

// magics are the commands that begin with %% and make a cell something else.
var magics = []string{"bash", "gx", "script", "sh", "writefile"}

// magic takes a cell that is for another program.
func (s *splitter) magic() bool {
	text := s.cell.Text
	start := len(text) - len(strings.TrimLeft(text, " \t\n"))
	start = strings.LastIndexByte(text[:start], '\n') + 1
	line, rest, _ := strings.Cut(text[start:], "\n")
	after, ok := strings.CutPrefix(strings.TrimPrefix(line, CommentPrefix), "%%")
	if !ok {
		return false
	}
	name, _, _ := strings.Cut(strings.ReplaceAll(strings.TrimRight(after, " \t"), "\t", " "), " ")
	if !slices.Contains(magics, name) {
		return false
	}
	s.cell.Magic = &Command{Pos: s.lines.position(start), Name: "%" + name, Text: "%" + strings.TrimSpace(after)}
	s.cell.Input = rest
	return true
}

// command takes the command whose line begins at an offset, if there is one, and
// returns the offset of the line behind it.
func (s *splitter) command(start int, before token.Token, value bool) (end int, ok bool) {
	line := func(from int) (string, int) {
		text, _, found := bytes.Cut(s.code[from:], []byte("\n"))
		end := from + len(text)
		if found {
			end++
		}
		return strings.TrimPrefix(string(text), CommentPrefix), end
	}
	text, end := line(start)
	if text == "" || text[0] != '%' && text[0] != '!' || text[0] == '!' && continues(before, value) {
		return start, false
	}
	for strings.HasSuffix(text, `\`) && end < len(s.code) {
		var next string
		next, end = line(end)
		text = text[:len(text)-1] + " " + next
	}
	c := Command{Pos: s.lines.position(start), Shell: text[0] == '!', Text: strings.TrimSpace(text[1:])}
	s.cell.Special = append(s.cell.Special, c.Pos.Line)
	s.blank(start, end)
	s.take(c, start, end)
	return end, true
}

// take adds a command to the cell.
func (s *splitter) take(c Command, start, end int) {
	if c.Text == "" {
		s.badCommand(start, "%s without a command", s.cell.Text[start:][:1])
		return
	}
	if !c.Shell {
		c.Name = strings.FieldsFunc(c.Text, func(r rune) bool { return r == ' ' || r == '\t' })[0]
		switch {
		case strings.HasPrefix(c.Name, "%") && slices.Contains(magics, c.Name[1:]):
			s.badCommand(start, "%%%s can only be the first line of a cell", c.Name)
			return
		case !slices.Contains(words, c.Name):
			s.badCommand(start, "%%%s is not a command%s; %%help lists all", c.Name, suggest(c.Name))
			return
		}
		if _, err := c.Arguments(); err != nil {
			s.badCommand(start, "%v", err)
			return
		}
	}
	switch c.Name {
	case "%", "main":
		if s.body >= 0 {
			s.badCommand(start, "a second %%%s: the body of main began in line %d", c.Name, s.lines.position(s.body).Line)
			return
		}
		s.body, s.begin = start, end
	case "exec":
		if args, _ := c.Arguments(); len(args) == 0 {
			s.badCommand(start, "%%exec needs the name of a function")
			return
		}
		if s.cell.Exec != nil {
			s.badCommand(start, "a second %%exec: the first is in line %d", s.cell.Exec.Pos.Line)
			return
		}
		s.cell.Exec = &c
	}
	s.cell.Commands = append(s.cell.Commands, c)
}

// suggest names the command that is most like a word, if there is one.
func suggest(word string) string {
	word = strings.ToLower(word)
	best, least := "", max(2, len(word)/3)+1
	for _, known := range words {
		if d := distance(strings.TrimPrefix(word, "%"), known); d < least && d < len(known) {
			best, least = "%"+known, d
		}
	}
	for _, known := range magics {
		if d := distance(strings.TrimPrefix(word, "%"), known); d < least && d < len(known) {
			best, least = "%%"+known, d
		}
	}
	if best == "" {
		return ""
	}
	return ", did you mean " + best + "?"
}

// distance returns how many letters must be inserted, deleted, replaced or
// exchanged with their neighbour to get from a to b.
func distance(a, b string) int {
	rows := [3][]int{make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)}
	for j := range rows[1] {
		rows[1][j] = j
	}
	for i := range len(a) {
		rows[2][0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			d := min(rows[1][j+1]+1, rows[2][j]+1, rows[1][j]+cost)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				d = min(d, rows[0][j-1]+1)
			}
			rows[2][j+1] = d
		}
		rows[0], rows[1], rows[2] = rows[1], rows[2], rows[0]
	}
	return rows[1][len(b)]
}

// Fields splits a command as a shell does: into words between white space,
// with parts in single or double quotes. In double quotes, \n and \t are a line
// end and a tab, and a backslash takes any other character literally. Outside
// quotes a backslash takes white space, a quote or a backslash literally, and
// before anything else it is itself, so that regular expressions and paths need
// no quotes. A quote without an end is an error.
func Fields(s string) ([]string, error) {
	var (
		fields  []string
		field   strings.Builder
		started bool
		quote   rune
		escaped bool
	)
	for i, r := range s {
		switch {
		case escaped && quote == 0:
			escaped = false
			field.WriteRune(r)
		case escaped:
			escaped = false
			switch r {
			case 'n':
				r = '\n'
			case 't':
				r = '\t'
			}
			field.WriteRune(r)
		case quote == '"' && r == '\\':
			escaped = true
		case quote == 0 && r == '\\' && i+1 < len(s) && strings.IndexByte(" \t\"'\\", s[i+1]) >= 0:
			escaped, started = true, true
		case quote != 0 && r == quote:
			quote = 0
		case quote != 0:
			field.WriteRune(r)
		case r == '"' || r == '\'':
			quote, started = r, true
		case r == ' ' || r == '\t' || r == '\n':
			if started {
				fields = append(fields, field.String())
			}
			field.Reset()
			started = false
		default:
			field.WriteRune(r)
			started = true
		}
	}
	if quote != 0 || escaped {
		return nil, fmt.Errorf("a quotation (%c) has no end", quote)
	}
	if started {
		fields = append(fields, field.String())
	}
	return fields, nil
}

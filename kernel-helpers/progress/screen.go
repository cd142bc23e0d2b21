package progress

import (
	"fmt"
	"html"
	"io"
	"os"
	"strconv"
	"sync/atomic"

	"example.com/speedup/kernel-helpers/display"
	"golang.org/x/term"
)

const headlessEnv = "SPEEDUP_HEADLESS"

// A screen shows a bar, in a notebook or on a terminal.
type screen interface {
	update(state)
	last(state)
}

// newScreen returns nil where no bar should be shown.
func newScreen() screen {
	switch {
	case os.Getenv(headlessEnv) == "1":
		return nil
	case display.InNotebook():
		return notebook("progress-" + strconv.FormatInt(bars.Add(1), 10))
	case term.IsTerminal(int(os.Stderr.Fd())):
		return terminal{os.Stderr, columns}
	}
	return nil
}

// bars counts this program's bars, to give each an output of its own.
var bars atomic.Int64

// A notebook is a screen in a notebook: the id of the output to update.
type notebook string

func (id notebook) update(s state) { display.Update(string(id), markup(s), s.line()) }
func (id notebook) last(s state)   { display.Update(string(id), "", s.summary()) }

func markup(s state) string {
	text := html.EscapeString(s.line())
	if s.total > 0 {
		text = fmt.Sprintf(`<progress value="%d" max="%d"></progress> %s`, min(s.over(), s.total), s.total, text)
	}
	return "<div>" + text + "</div>"
}

// A terminal is a screen that rewrites one line.
type terminal struct {
	to      io.Writer
	columns func() int // returns 0 if the width is unknown
}

func columns() int {
	width, _, err := term.GetSize(int(os.Stderr.Fd()))
	if err != nil {
		return 0
	}
	return width
}

func (t terminal) update(s state) { t.rewrite(s.bar()+s.line(), "") }
func (t terminal) last(s state)   { t.rewrite(s.summary(), "\n") }

// rewrite goes back to the start of the line, writes text, and erases what
// remains of a longer text. It truncates a text that would wrap, because only
// the terminal's last line can be rewritten.
func (t terminal) rewrite(text, end string) {
	if most := t.columns() - 1; most > 0 && end == "" {
		if runes := []rune(text); len(runes) > most {
			text = string(runes[:most])
		}
	}
	fmt.Fprint(t.to, "\r"+text+"\x1b[K"+end)
}

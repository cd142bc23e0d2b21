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

// screen is where a bar is shown: a notebook or a terminal.
type screen interface {
	update(state)
	last(state)
}

// newScreen returns nil where nothing is to be shown.
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

// bars numbers this program's bars, each of which is an output of its own.
var bars atomic.Int64

// notebook is the id of the output that is updated.
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

// terminal rewrites one line.
type terminal struct {
	to      io.Writer
	columns func() int // 0 where it isn't known
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

// rewrite goes back to the line's start, writes text, and erases what an
// earlier, longer text left. A text that would wrap is cut: only the terminal's
// last line can be rewritten.
func (t terminal) rewrite(text, end string) {
	if most := t.columns() - 1; most > 0 && end == "" {
		if runes := []rune(text); len(runes) > most {
			text = string(runes[:most])
		}
	}
	fmt.Fprint(t.to, "\r"+text+"\x1b[K"+end)
}

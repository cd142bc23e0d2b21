package procpool

import (
	"bufio"
	"fmt"
	"io"
	"strings"
	"sync"
	"unicode/utf8"
)

// A printer shows lines of workers, each with one write.
type printer struct {
	mu     sync.Mutex
	stdout io.Writer
	stderr io.Writer
	left   int // lines of stdout that may still be shown; negative: all
	hidden int
}

func (p *printer) print(to io.Writer, worker string, line []byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if to == p.stdout {
		if p.left == 0 {
			p.hidden++
			return
		}
		p.left--
	}
	text := make([]byte, 0, len(worker)+len(line)+3)
	text = append(append(append(text, worker...), ": "...), line...)
	_, _ = to.Write(append(text, '\n'))
}

// finish tells how many lines were not shown.
func (p *printer) finish() {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.hidden == 1:
		fmt.Fprintln(p.stdout, "... and 1 more line")
	case p.hidden > 1:
		fmt.Fprintf(p.stdout, "... and %d more lines\n", p.hidden)
	}
	p.hidden = 0
}

// longestLine is what is shown of a line that doesn't end before the rest
// follows as another one.
const longestLine = 64 << 10

// copyLines shows what r holds until its end. It returns the first line that
// says why a Go program ends, if there was one.
func (p *printer) copyLines(to io.Writer, worker string, r io.Reader) (lastWords string) {
	in := bufio.NewReaderSize(r, longestLine)
	for {
		line, err := in.ReadSlice('\n')
		if err == bufio.ErrBufferFull {
			end := len(line)
			for end > 0 && end > len(line)-utf8.UTFMax && !utf8.RuneStart(line[end-1]) {
				end--
			}
			// ReadSlice has consumed all: the bytes of a cut character belong to
			// the next piece, which is too rare to be worth it.
			p.print(to, worker, line)
			continue
		}
		if len(line) > 0 {
			if line[len(line)-1] == '\n' {
				line = line[:len(line)-1]
			}
			if lastWords == "" && (strings.HasPrefix(string(line), "panic: ") || strings.HasPrefix(string(line), "fatal error: ")) {
				lastWords = string(line[:min(len(line), 500)])
			}
			p.print(to, worker, line)
		}
		if err != nil {
			return lastWords
		}
	}
}

package timeline

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"

	"example.com/speedup/kernel-helpers/base/svg"
)

// readSources fills in the text of the lines where goroutines wait. A cell's
// files exist while it runs. Lines that can't be read stay empty.
func (r *Run) readSources() {
	files := map[string][][]byte{}
	cells := sync.OnceValue(readCells)
	for i := range r.places {
		p := &r.places[i]
		if p.file == "" || p.line <= 0 {
			continue
		}
		lines, ok := files[p.file]
		if !ok {
			if info, err := os.Stat(p.file); err == nil && info.Mode().IsRegular() && info.Size() < 1<<20 {
				raw, _ := os.ReadFile(p.file)
				lines = bytes.Split(raw, []byte("\n"))
			}
			files[p.file] = lines
		}
		if p.line <= len(lines) {
			p.source = oneLine(lines[p.line-1])
		} else if name := filepath.Base(p.file); strings.HasPrefix(name, "cell ") {
			p.source = oneLine([]byte(cells()[fmt.Sprintf("%s:%d", name, p.line)]))
		}
	}
}

// oneLine returns a line of source as the picture and the tables show it.
func oneLine(line []byte) string {
	return svg.Fit(strings.ToValidUTF8(string(bytes.TrimSpace(line)), "?"), 80)
}

// readCells returns the lines of the cells of which GoNB has made this program,
// by their places, such as "cell 12:3". It is nil if there are none.
func readCells() map[string]string {
	program, err := os.Executable()
	if err != nil {
		return nil
	}
	source, err := os.ReadFile(filepath.Join(filepath.Dir(program), "main.go"))
	if err != nil {
		return nil
	}
	return cellLines(string(source))
}

var lineDirective = regexp.MustCompile(`^//line (.+):(\d+):\d+$`)

// cellLines returns the lines of a program by the places that its //line
// directives give them.
func cellLines(program string) map[string]string {
	lines := map[string]string{}
	file, number := "", 0
	for line := range strings.Lines(program) {
		line = strings.TrimRight(line, "\n")
		if m := lineDirective.FindStringSubmatch(line); m != nil {
			file = m[1]
			number, _ = strconv.Atoi(m[2]) // digits
			continue
		}
		if file != "" {
			lines[fmt.Sprintf("%s:%d", file, number)] = line
			number++
		}
	}
	return lines
}

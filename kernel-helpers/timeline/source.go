package timeline

import (
	"bytes"
	"os"
	"strings"

	"example.com/speedup/kernel-helpers/base/svg"
)

// readSources fills in the text of the lines where goroutines wait. A cell's
// files exist while it runs. Lines that can't be read stay empty.
func (r *Run) readSources() {
	files := map[string][][]byte{}
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
			p.source = svg.Fit(strings.ToValidUTF8(string(bytes.TrimSpace(lines[p.line-1])), "?"), 80)
		}
	}
}

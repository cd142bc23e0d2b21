package timeline

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"

	"example.com/speedup/kernel-helpers/base/atomicfile"
)

// last is the run that was shown last, for Save.
var last struct {
	mu    sync.Mutex
	title string
	run   *Run
	raw   []byte
	opts  []Option
}

func keep(title string, run *Run, raw []byte, options []Option) {
	last.mu.Lock()
	defer last.mu.Unlock()
	last.title, last.run, last.raw, last.opts = title, run, raw, options
}

// Save writes the run that [Show] showed last to a file. The file's extension
// selects the format: .html is a self-contained page with zoom and details,
// which needs no network; .svg is the picture; .trace is this process's raw
// trace, for `go tool trace run.trace`. Save prints the file's name on standard
// output, or an error on standard error.
func Save(file string) {
	if err := save(file); err != nil {
		fmt.Fprintf(os.Stderr, "timeline: save %s: %v\n", file, err)
		return
	}
	fmt.Println("Saved", file)
}

func save(file string) error {
	last.mu.Lock()
	defer last.mu.Unlock()
	if last.run == nil {
		return errors.New("nothing has been shown yet: call timeline.Show first")
	}
	var content []byte
	switch ext := filepath.Ext(file); ext {
	case ".html":
		content = last.run.HTML(last.title)
	case ".svg":
		content = []byte(last.run.SVG(last.title, last.opts...))
	case ".trace":
		content = last.raw
	default:
		return fmt.Errorf("unknown extension %q: use .html, .svg or .trace", ext)
	}
	return atomicfile.WriteFile(file, content, 0o666)
}

package timeline

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"

	"example.com/speedup/kernel-helpers/base/atomicfile"
)

// last is what Save writes: the latest run that was shown.
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

// Save writes the run that [Show] showed last to a file, in the form that the
// file's name ends with: .html is a page with zoom and details, which needs
// nothing else and no network; .svg is the picture; .trace is this process's
// raw trace, for `go tool trace run.trace`. It says on standard output what it
// wrote, or on standard error why it couldn't.
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
		return fmt.Errorf("unknown ending %q: .html, .svg and .trace are known", ext)
	}
	return atomicfile.WriteFile(file, content, 0o666)
}

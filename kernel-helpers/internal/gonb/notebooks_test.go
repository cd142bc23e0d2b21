//go:build unix

package gonb

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// left are GoNB's own notebooks that are not run, with the reason.
var left = map[string]string{
	"comms":       "it needs a browser",
	"dom":         "it needs a browser",
	"errors":      "it needs the network, for github.com/pkg/errors",
	"functions":   "it needs the network, for golang.org/x/exp",
	"gonbui":      "it needs a browser",
	"gotest":      "it needs the network, for github.com/stretchr/testify",
	"gowork":      "it needs the network",
	"input_boxes": "it needs somebody who answers",
	"wasm":        "it needs a browser",
	"widgets":     "it needs a browser",
}

// otherwise are cells whose printed text differs from their author's, with the
// reason. They are named by a part of their source.
var otherwise = map[string]string{
	"go tool covdata": "places are lines of cells rather than of main.go",
	"-gcflags=-m":     "places are lines of cells rather than of main.go",
	"$GONB_GIT_ROOT":  "it prints the author's folders",
}

// TestGoNBsOwnNotebooksPrintWhatTheirAuthorSaw runs the notebooks in the pinned
// module, and compares what cells print to stdout with the committed outputs.
func TestGoNBsOwnNotebooksPrintWhatTheirAuthorSaw(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds GoNB and runs notebooks")
	}
	b, err := buildTools()
	if err != nil {
		t.Fatal(err)
	}
	pinned, err := findModule(context.Background(), "")
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(pinned.Dir, "examples", "tests", "*.ipynb"))
	if err != nil || len(files) < 15 {
		t.Fatalf("got %d notebooks, %v, want at least 15", len(files), err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".ipynb")
		t.Run(name, func(t *testing.T) {
			if why := left[name]; why != "" {
				t.Skip(why)
			}
			t.Parallel()
			s := start(t, b, b.patched, time.Minute, 0, nil, map[string]string{"GOCOVERDIR": t.TempDir(), "TEST_DIR": t.TempDir() + "/"})
			if err := s.asCommitted(file); err != nil {
				t.Error(err)
			}
		})
	}
}

// folders are what differs between two machines.
var folders = regexp.MustCompile(`/\S*/|gonb_\w+`)

// asCommitted runs the cells of a notebook.
func (s *session) asCommitted(file string) error {
	raw, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	var notebook struct {
		Cells []struct {
			Type    string   `json:"cell_type"`
			Source  []string `json:"source"`
			Outputs []struct {
				Name string
				Text []string
			}
		}
	}
	if err := json.Unmarshal(raw, &notebook); err != nil {
		return err
	}
	var errs error
	for _, c := range notebook.Cells {
		if c.Type != "code" {
			continue
		}
		code := strings.Join(c.Source, "")
		var want strings.Builder
		for _, o := range c.Outputs {
			if o.Name == "stdout" {
				want.WriteString(strings.Join(o.Text, ""))
			}
		}
		got, err := s.run(context.Background(), code, nil)
		if err != nil {
			return errors.Join(errs, err)
		}
		expected := true
		for part := range otherwise {
			expected = expected && !strings.Contains(code, part)
		}
		out := folders.ReplaceAllString(got.out.String(), "…")
		if committed := folders.ReplaceAllString(want.String(), "…"); expected && out != committed {
			errs = errors.Join(errs, errors.New(code+"\ngot\n"+out+got.err.String()+got.String()+"\nwant\n"+committed))
		}
	}
	return errs
}

//go:build unix

package gonb

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"example.com/speedup/kernel-helpers/base/longtest"
	cells "example.com/speedup/kernel-helpers/cell"
	"example.com/speedup/kernel-helpers/cellbuild"
	"example.com/speedup/kernel-helpers/internal/jupyter"
)

// harmless is a go that builds programs which do nothing: what a mutated cell
// would do, nobody has meant.
var harmless = map[string]string{"go": `PATH=${PATH#*:}
for word; do
	[ "$before" = -o ] && out=$word
	before=$word
done
[ "$out" ] && rm -f "$out"
go "$@" || exit
[ "$out" ] && printf '#!/bin/sh\n' >"$out"
exit 0`}

// TestNothingEndsGoNB sends a kernel mutated cells, to execute, to complete, to
// inspect, and to tell whether they are complete, two requests at a time. Each
// must be answered, and the GoNB behind the supervisor must stay the same.
// SPEEDUP_LONG=1 sends more.
func TestNothingEndsGoNB(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds GoNB and runs a kernel")
	}
	b, err := buildTools()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := run(t.Context(), b.checkout, "build", "-o", b.dir, "./kernel-helpers/cmd/gonb-kernel"); err != nil {
		t.Fatal(err)
	}
	s := start(t, b, filepath.Join(b.dir, "gonb-kernel"), time.Minute, 0, harmless, map[string]string{cellbuild.Setting: "off"})
	if _, err := s.run(t.Context(), "var first = 1", nil); err != nil {
		t.Fatal(err)
	}
	before, err := s.gonbPID()
	if err != nil {
		t.Fatal(err)
	}
	seeds := seedCells(t, b)
	texts := longtest.Pick(40, 600)
	var executed, asked atomic.Int64
	group, ctx := errgroup.WithContext(t.Context())
	group.Go(func() error {
		r := rand.New(rand.NewPCG(1, 14))
		for range texts {
			text := mutated(r, seeds)
			if !mayExecute(text) {
				continue
			}
			executed.Add(1)
			c, err := s.run(ctx, text, nil)
			if err == nil && (c.reply.EName == "InternalError" || c.reply.EName == "KernelDied") {
				err = errors.New(c.String())
			}
			if err != nil {
				return fmt.Errorf("execute %q: %w", text, err)
			}
		}
		return nil
	})
	group.Go(func() error {
		r := rand.New(rand.NewPCG(2, 14))
		for range texts {
			text := mutated(r, seeds)
			cursor := r.IntN(len([]rune(text))+4) - 1
			for _, request := range []string{"complete", "inspect", "is_complete"} {
				asked.Add(1)
				if err := s.answered(ctx, request, text, cursor); err != nil {
					return fmt.Errorf("%s %q at %d: %w", request, text, cursor, err)
				}
			}
		}
		return nil
	})
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
	if c, err := s.run(t.Context(), "%%\nfmt.Print(first)", nil); err != nil || c.reply.Status != "ok" {
		t.Errorf("a good cell after them: got %v, %v", c, err)
	}
	if now, err := s.gonbPID(); err != nil || now != before {
		t.Errorf("GoNB was process %s, now it is %s, %v: it has died", before, now, err)
	}
	t.Logf("%d cells were executed, %d other requests answered; seeds: %d cells", executed.Load(), asked.Load(), len(seeds))
}

// answered makes a request about a cell and checks the answer's form.
func (s *session) answered(ctx context.Context, request, text string, cursor int) error {
	ctx, cancel := context.WithTimeout(ctx, s.wait)
	defer cancel()
	m, err := s.Request(ctx, jupyter.Shell, request+"_request", map[string]any{"code": text, "cursor_pos": cursor, "detail_level": 0})
	if err != nil {
		return err
	}
	var reply struct {
		Status      string
		Matches     []string
		CursorStart *int `json:"cursor_start"`
		CursorEnd   *int `json:"cursor_end"`
		Found       *bool
		Data        map[string]any
	}
	if err := m.Decode(&reply); err != nil {
		return err
	}
	good := reply.Status == "ok"
	switch request {
	case "complete":
		sorted := slices.Sorted(slices.Values(reply.Matches))
		good = good && reply.Matches != nil && len(slices.Compact(sorted)) == len(reply.Matches) &&
			reply.CursorStart != nil && reply.CursorEnd != nil && *reply.CursorStart <= *reply.CursorEnd
	case "inspect":
		good = good && reply.Found != nil && reply.Data != nil && *reply.Found == (len(reply.Data) > 0)
	case "is_complete":
		good = slices.Contains([]string{"complete", "incomplete", "invalid"}, reply.Status)
	}
	if !good {
		return fmt.Errorf("got %s", m.Content)
	}
	return nil
}

// gonbPID returns the process ID of the GoNB that runs cells.
func (s *session) gonbPID() (string, error) {
	c, err := s.run(context.Background(), "!echo $PPID", nil)
	if err != nil || c.reply.Status != "ok" {
		return "", fmt.Errorf("%v, %w", c, err)
	}
	return c.out.String(), nil
}

// seedCells returns the code cells of the course and of GoNB, and the cells of
// our tests.
func seedCells(t *testing.T, b tools) (seeds []string) {
	t.Helper()
	pinned, err := findModule(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	for _, pattern := range []string{
		filepath.Join(b.checkout, "notebooks", "*.ipynb"),
		filepath.Join(pinned.Dir, "examples", "*.ipynb"),
		filepath.Join(pinned.Dir, "examples", "tests", "*.ipynb"),
	} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			t.Fatalf("got no notebooks as %s, %v", pattern, err)
		}
		for _, file := range files {
			raw, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var notebook struct {
				Cells []struct {
					Type   string `json:"cell_type"`
					Source json.RawMessage
				}
			}
			if err := json.Unmarshal(raw, &notebook); err != nil {
				t.Fatal(err)
			}
			for _, c := range notebook.Cells {
				var lines []string
				if c.Type == "code" && json.Unmarshal(c.Source, &lines) == nil {
					seeds = append(seeds, strings.Join(lines, ""))
				}
			}
		}
	}
	for _, m := range meanings {
		seeds = append(seeds, m.cells...)
	}
	return slices.Concat(seeds, readersCells)
}

// fragments are what a mutation inserts.
var fragments = []string{
	"%%\n", "\n%%\n", "%", "\n% ", "\n!", "\n! ", "\n%main\n", "\n%exec ", "\n%test\n", "//gonb:", "\n//line x.go:1\n", "/*line y:2:3*/",
	"`", "\"", "'", "/*", "*/", "//", "{", "}", "(", ")", "[", "]", ";", ",", ".", "\\", "\\\n", "\r\n", "\n", "\t", " ", "\x00", "\ufeff", "\u2028",
	"🙂", "ä", "𝔘", "\ufffd", "package main\n", "import (", "import . \"math\"\n", "import _ \"embed\"\n//go:embed x\n", "func ", "func main() {", "func (t *T[K]) M() {}\n",
	"type T[K any] ", "const (\n\tA = iota\n", "var _ = ", "var ", "go ", "defer ", "goto x\n", "x:\n", ":=", "...", "0x", "1e", "_", "fmt.", "strings.ToU",
}

// mutated returns a seed with up to six random changes.
func mutated(r *rand.Rand, seeds []string) string {
	text := []rune(seeds[r.IntN(len(seeds))])
	at := func() int { return r.IntN(len(text) + 1) }
	span := func() (from, to int) {
		from = at()
		return from, min(len(text), from+r.IntN(30))
	}
	for range r.IntN(7) {
		switch r.IntN(7) {
		case 0, 1, 2:
			text = slices.Insert(text, at(), []rune(fragments[r.IntN(len(fragments))])...)
		case 3:
			from, to := span()
			text = slices.Delete(text, from, to)
		case 4:
			from, to := span()
			text = slices.Insert(text, at(), slices.Clone(text[from:to])...)
		case 5:
			text = text[:at()] // half-typed
		case 6:
			other := []rune(seeds[r.IntN(len(seeds))])
			text = slices.Concat(text[:at()], other[r.IntN(len(other)+1):])
		}
	}
	if len(text) > 20_000 {
		text = text[:20_000]
	}
	return string(text)
}

// mayExecute reports whether a cell has none of the commands that run something
// or that change what later cells mean.
func mayExecute(text string) bool {
	c, _ := cells.Split(text)
	return c.Magic == nil && !slices.ContainsFunc(c.Commands, func(command cells.Command) bool {
		return command.Shell || !slices.Contains([]string{"%", "main", "exec", "args", "test", "ls", "list", "help", "version"}, command.Name)
	})
}

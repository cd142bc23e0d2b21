//go:build unix

package gonb

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/module"

	"example.com/speedup/kernel-helpers/base/longtest"
)

// left are GoNB's own notebooks that are not run, with the reason.
var left = map[string]string{
	"comms":             "it needs a browser: cells wait for messages from there",
	"dom":               "it needs a browser: cells ask for the page's content",
	"widgets":           "it needs a browser: cells wait for clicks",
	"wasm_demo":         "it needs a browser: a form in the page connects it to the server",
	"google_colab_demo": "it needs Google Colab",
}

// leftCells are cells of other notebooks that are not run, with the reason. They
// are named by a part of their source.
var leftCells = map[string]string{
	"gonb/gonbui/wasm":         "it needs the network, for a module",
	"schollz/progressbar":      "it needs the network, for a module",
	"benc-uk/gofract":          "it needs the network, for a module",
	"ajstarks/svgo":            "it needs the network, for a module",
	"erkkah/margaid":           "it needs the network, for a module",
	"gonum.org/v1/plot":        "it needs the network, for a module",
	"GonumPlotExample":         "it uses the one before",
	"MetalBlueberry/go-plotly": "it needs the network, for a module",
	"mgSinPlot":                "it needs a browser, and the network for a module",
	"sleep 1;\\\n":             "it takes 5 s to show a counter",
	"${HOME}/Projects/gonb":    "it needs the author's folders",
	"BenchmarkIncr":            "it measures for a second",
	"BenchmarkFibonacciA32":    "it measures for seconds",
	"-test.bench=.":            "it measures for seconds",
	"gonb/cache\"":             "GoNB's cache is in the user's own folder",
	"%rm NonCachedValue":       "it uses the one before",
}

// otherwise are cells that print something else than their author's, with the
// reason. They are named by a part of their source.
var otherwise = map[string]string{
	"go tool covdata": "places are lines of cells rather than of main.go",
	"-gcflags=-m":     "places are lines of cells rather than of main.go",
	"echo $GONB_":     "it prints the author's folders",
	"GOCOVERDIR=%s":   "it prints the author's folders",
	"pwd ; ls -l":     "it lists the author's folders",
	"go version":      "it prints the author's version of Go",
	"cat go.mod":      "the checkout is there, too",
	"func TestAB":     "tests run in the order in which they are written",
	"%test \"\"":      "tests run in the order in which they are written",
}

// answers are what the reader of a notebook is asked for.
var answers = map[string][]string{"input_boxes": {"foo", "bar", "42", "123456"}}

// long are notebooks that take long, with the reason.
var long = map[string]string{
	"gotest":   "it builds testify several times",
	"tutorial": "it has many cells",
	"gonbui":   "it builds GoNB's packages with --cover",
	"wasm":     "it builds the standard library with --cover",
}

// leaves holds the folders that notebooks make and leave, by the notebook's name.
var leaves = map[string]string{"goflags": "/tmp/gonb_examples_test_goflags_cover"}

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
	var files []string
	for _, folder := range []string{"examples", filepath.Join("examples", "tests")} {
		found, err := filepath.Glob(filepath.Join(pinned.Dir, folder, "*.ipynb"))
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, found...)
	}
	if len(files) < 20 {
		t.Fatalf("got %d notebooks, want at least 20", len(files))
	}
	modules, missing := ownModules(t, b.checkout, pinned.Dir)
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".ipynb")
		t.Run(name, func(t *testing.T) {
			if why := left[name]; why != "" {
				t.Skip(why)
			}
			if why := long[name]; why != "" && !longtest.Pick(false, true) {
				t.Skip(why + "; " + longtest.Variable + "=1 runs it")
			}
			for _, path := range needed[name] {
				if why := missing[path]; why != "" {
					t.Skipf("%s can't be downloaded: %s", path, why)
				}
			}
			t.Parallel()
			sources := filepath.Join(t.TempDir(), "gonb") // the name that the author's folder has
			if err := os.Symlink(pinned.Dir, sources); err != nil {
				t.Fatal(err)
			}
			env := map[string]string{"GOCOVERDIR": t.TempDir(), "TEST_DIR": t.TempDir() + "/", "GONB_GIT_ROOT": sources}
			maps.Copy(env, modules)
			if folder := leaves[name]; folder != "" {
				t.Cleanup(func() { os.RemoveAll(folder) })
			}
			s := start(t, b, b.patched, 5*time.Minute, 0, nil, env)
			s.answers = answers[name]
			if err := s.asCommitted(file); err != nil {
				t.Error(err)
			}
			if err := s.Shutdown(context.WithoutCancel(t.Context())); err != nil { // so that it cleans up
				t.Error(err)
			}
		})
	}
}

var testify = []string{"github.com/stretchr/testify", "github.com/davecgh/go-spew", "github.com/pmezard/go-difflib", "gopkg.in/yaml.v3"}

// needed are the modules that notebooks need.
var needed = map[string][]string{
	"errors":    {"github.com/pkg/errors"},
	"functions": {"golang.org/x/exp"},
	"gotest":    append([]string{"golang.org/x/exp"}, testify...),
	"tutorial":  append([]string{"golang.org/x/exp"}, testify...),
}

// ownModules returns an environment in which go and the kernel find the needed
// modules without a network, in a GOMODCACHE of their own. It stays, so that later
// runs need not compile them. The modules come from what go has downloaded, or now
// downloads; missing are those that it can't.
func ownModules(t *testing.T, checkout, sources string) (env, missing map[string]string) {
	t.Helper()
	goEnv := func(args ...string) string {
		out, err := run(t.Context(), "", args...)
		if err != nil {
			t.Fatal(err)
		}
		return strings.TrimSpace(string(out))
	}
	p := &offlineProxy{
		t:          t,
		downloaded: filepath.Join(goEnv("env", "GOMODCACHE"), "cache", "download"),
		dir:        t.TempDir(),
		seen:       make(map[module.Version]bool),
	}
	env = map[string]string{
		"GOMODCACHE": filepath.Join(checkout, ".lab", "gonb-test-modules"), "GOSUMDB": "off", "GOFLAGS": "-ldflags=-w -modcacherw",
		"GOPROXY": "file://" + filepath.ToSlash(p.dir) + ",file://" + filepath.ToSlash(p.downloaded),
	}
	missing = make(map[string]string)
	nowhere := t.TempDir() // no module
	// The notebooks also use GoNB's own packages, at the versions that it asks for.
	for _, args := range [][]string{
		append([]string{"list", "-m"}, summed(t, filepath.Join(sources, "go.sum"))...),
		{"list", "-C", sources, "-deps", "./gonbui/...", "./cache/...", "./common/..."},
	} {
		if _, err := run(t.Context(), nowhere, args...); err != nil {
			t.Logf("without a network: %v", err)
		}
	}
	download := func(m module.Version, env map[string]string) error {
		cmd := exec.CommandContext(t.Context(), "go", "mod", "download", m.String())
		cmd.Dir = nowhere
		cmd.Env = append(os.Environ(), "GOWORK=off")
		for name, value := range env {
			cmd.Env = append(cmd.Env, name+"="+value)
		}
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("%w\n%s", err, out)
		}
		return nil
	}
	paths := slices.Concat(slices.Collect(maps.Values(needed))...)
	slices.Sort(paths)
	for _, path := range slices.Compact(paths) {
		m := module.Version{Path: path, Version: goEnv("list", "-m", "-f", "{{.Version}}", path)}
		if err := download(m, nil); err != nil {
			missing[path] = err.Error()
			continue
		}
		p.complete(m)
		p.write(m, "@latest", fmt.Sprintf(`{"Version": %q}`, m.Version))
		if err := download(m, env); err != nil { // for goimports to find
			t.Fatal(err)
		}
	}
	return env, missing
}

// offlineProxy is a folder that has what go's download cache lacks to answer for
// some modules as a GOPROXY.
type offlineProxy struct {
	t               *testing.T
	downloaded, dir string
	seen            map[module.Version]bool
}

// complete writes a go.mod for each module that m depends on and that go has not
// downloaded because it needed nothing of it.
func (p *offlineProxy) complete(m module.Version) {
	if p.seen[m] {
		return
	}
	p.seen[m] = true
	raw, err := os.ReadFile(filepath.Join(p.downloaded, filepath.FromSlash(p.escaped(m.Path)), "@v", m.Version+".mod"))
	if err != nil {
		p.write(m, "@v/"+m.Version+".mod", "module "+m.Path+"\n")
		p.write(m, "@v/"+m.Version+".info", fmt.Sprintf(`{"Version": %q}`, m.Version))
		return
	}
	parsed, err := modfile.ParseLax("go.mod", raw, nil)
	if err != nil {
		p.t.Fatal(err)
	}
	for _, r := range parsed.Require {
		p.complete(r.Mod)
	}
}

// summed returns the modules whose go.mod has a line in a go.sum, as path@version.
func summed(t *testing.T, file string) []string {
	t.Helper()
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var modules []string
	for line := range strings.Lines(string(raw)) {
		path, rest, _ := strings.Cut(line, " ")
		if version, _, isMod := strings.Cut(rest, "/go.mod "); isMod {
			modules = append(modules, path+"@"+version)
		}
	}
	return modules
}

func (p *offlineProxy) escaped(path string) string {
	escaped, err := module.EscapePath(path)
	if err != nil {
		p.t.Fatal(err)
	}
	return escaped
}

func (p *offlineProxy) write(m module.Version, name, content string) {
	if err := writeFile(filepath.Join(p.dir, filepath.FromSlash(p.escaped(m.Path)), filepath.FromSlash(name)), []byte(content)); err != nil {
		p.t.Fatal(err)
	}
}

// machines is what differs between two machines and two runs: folders, versions of
// Go, times.
var machines = regexp.MustCompile(`/\S*/|gonb_\w+|\bgo 1\.[0-9.]+|\([0-9.]+s\)`)

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
				Type string `json:"output_type"`
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
		code := strings.Join(c.Source, "")
		if c.Type != "code" || hasPart(code, leftCells) {
			continue
		}
		var committed strings.Builder
		failed := false
		for _, o := range c.Outputs {
			if o.Name == "stdout" {
				committed.WriteString(strings.Join(o.Text, ""))
			}
			failed = failed || o.Type == "error"
		}
		got, err := s.run(context.Background(), code, nil)
		if err != nil {
			return errors.Join(errs, err)
		}
		out, want := machines.ReplaceAllString(got.out.String(), "…"), machines.ReplaceAllString(committed.String(), "…")
		if (got.reply.Status != "ok") != failed || out != want && !hasPart(code, otherwise) {
			errs = errors.Join(errs, fmt.Errorf("%s\ngot %s and\n%s%s\nwant\n%s", code, got, out, got.err.String(), want))
		}
	}
	return errs
}

// hasPart reports whether code has one of some parts.
func hasPart(code string, parts map[string]string) bool {
	for part := range parts {
		if strings.Contains(code, part) {
			return true
		}
	}
	return false
}

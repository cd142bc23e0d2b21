package cellbuild

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"example.com/speedup/kernel-helpers/base/longtest"
)

var greeting = map[string]string{
	"greet/greet.go":       "package greet\n\nimport \"example.com/library/deep\"\n\nfunc Hello() string { return \"hello \" + deep.Word() }\n",
	"deep/deep.go":         "package deep\n\nimport \"example.com/library/internal\"\n\nfunc Word() string { return internal.In }\n",
	"embed/embed.go":       "package embed\n\nimport \"embed\"\n\n//go:embed all:texts\nvar files embed.FS\n\nfunc Count() int {\n\tentries, _ := files.ReadDir(\"texts/in\")\n\treturn len(entries)\n}\n",
	"embed/texts/in/a.txt": "a",
	"order/order.go":       "package order\n\nvar V = note(\"variable\")\n\nfunc note(s string) int { println(s); return 1 }\n\nfunc init() { println(\"init of order\") }\n",
	"tagged/plain.go":      "//go:build !special\n\npackage tagged\n\nconst Tag = \"plain\"\n",
	"tagged/special.go":    "//go:build special\n\npackage tagged\n\nconst Tag = \"special\"\n",
	"internal/in.go":       "package internal\n\nconst In = \"one\"\n",
	"command/main.go":      "package main\n\nfunc main() {}\n",
}

var hello = mainWith(`fmt.Println(greet.Hello())`, "fmt", "example.com/library/greet")

func TestABuilderBuildsTheSameProgramAsGoBuild(t *testing.T) {
	checkout, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	p := newPlace(t, greeting, checkout)
	for _, c := range longtest.Nth(5, []struct {
		name, text string
		flags      []string
		slow       bool // to test
	}{
		{name: "the standard library", text: mainWith(`fmt.Println(strings.ToUpper("a"), slices.Max([]int{1, 2}))`, "fmt", "strings", "slices")},
		{name: "no imports", text: mainWith(`println("a")`)},
		{name: "unsafe", text: mainWith(`println(unsafe.Sizeof(1))`, "unsafe")},
		{name: "net/http", text: mainWith(`_, err := http.Get("http://127.0.0.1:1/"); fmt.Println(err)`, "fmt", "net/http")},
		{name: "a module of the workspace", text: hello},
		{name: "embedded files", text: mainWith(`println(embed.Count())`, "example.com/library/embed")},
		{name: "the order of initialization", text: mainWith("println(order.V)", "example.com/library/order") + "var a = f(\"a\", b)\nvar b = f(\"b\", 1)\nfunc f(s string, n int) int { println(s); return n }\nfunc init() { println(\"init\") }\n"},
		{name: "generics", text: mainWith(`fmt.Println(double([]int{1}), Pair[string, int]{"a", 1})`, "fmt") + "type Pair[A, B any] struct { A A; B B }\nfunc double[S ~[]E, E any](s S) S { return append(s, s...) }\n"},
		{name: "the program's build information", text: mainWith(`i, _ := debug.ReadBuildInfo(); fmt.Print(i, runtime.Version(), display.InNotebook())`, "fmt", "runtime", "runtime/debug", "example.com/speedup/kernel-helpers/display")},
		{name: "a panic's trace", text: mainWith(`f()`) + "\n//go:noinline\nfunc f() {\n\tvar m map[string]int\n\tm[\"a\"] = 1\n}\n"},
		{name: "the course's packages", text: mainWith(`g, _ := errgroup.WithContext(context.Background())
	s, err := sites.Start(context.Background())
	g.Go(func() error { timing.Read(1, "x"); return err })
	fmt.Println(g.Wait(), s.Close())`, "fmt", "context", "golang.org/x/sync/errgroup", "example.com/speedup/kernel-helpers/timing", "example.com/speedup/workloads/sites")},
		{name: "the race detector", slow: true, flags: []string{"-race"}, text: mainWith(`n, done := 0, make(chan bool); go func() { n++; done <- true }(); n++; <-done; println(n > 0)`)},
		{name: "tags", flags: []string{"-tags=special"}, text: mainWith(`println(tagged.Tag)`, "example.com/library/tagged")},
	}) {
		t.Run(c.name, func(t *testing.T) {
			if c.slow && testing.Short() {
				t.Skip("may have to compile the standard library")
			}
			p := *p
			p.t = t
			p.warm(c.text, c.flags...)
			// Use a new text, which is not in the cache.
			c.text += "\n// new\nvar _ = 1\n"
			printed, fast := p.cell(c.text, c.flags...)
			if !fast {
				t.Error("the program was left to go build")
			}
			made, err := os.ReadFile(p.out)
			if err != nil {
				t.Fatal(err)
			}
			if out, err := p.goBuild(false, c.flags...); err != nil {
				t.Fatal(out, err)
			}
			want, err := os.ReadFile(p.out)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(made, want) {
				t.Error("the program differs from that of go build")
			}
			if slow := p.run(); c.name != "the race detector" && slow != printed || len(slow) == 0 {
				t.Errorf("the program prints %q, want %q as from go build", printed, slow)
			}
		})
	}
}

func TestStaleCodeNeverRuns(t *testing.T) {
	for name, c := range longtest.Every(4, map[string]struct {
		text    string
		change  func(p *place) error
		printed string
	}{
		"an edit": {hello, func(p *place) error {
			p.write("greet/greet.go", "package greet\n\nfunc Hello() string { return \"other\" }\n")
			return nil
		}, "other\n"},
		"an edit of an indirect import": {hello, func(p *place) error {
			p.write("deep/deep.go", "package deep\n\nfunc Word() string { return \"two\" }\n")
			return nil
		}, "hello two\n"},
		"an edit that keeps size and time": {hello, func(p *place) error {
			file := filepath.Join(p.library, "internal/in.go")
			info, err := os.Stat(file)
			if err != nil {
				return err
			}
			p.write("internal/in.go", strings.Replace(greeting["internal/in.go"], "one", "two", 1))
			return os.Chtimes(file, info.ModTime(), info.ModTime())
		}, "hello two\n"},
		"another file in its place": {hello, func(p *place) error {
			p.write("deep/new", "package deep\n\nfunc Word() string { return \"two\" }\n")
			return os.Rename(filepath.Join(p.library, "deep/new"), filepath.Join(p.library, "deep/deep.go"))
		}, "hello two\n"},
		"another folder in its place": {hello, func(p *place) error {
			p.write("other/deep.go", "package deep\n\nfunc Word() string { return \"two\" }\n")
			return errors.Join(os.Rename(filepath.Join(p.library, "deep"), filepath.Join(p.library, "old")),
				os.Rename(filepath.Join(p.library, "other"), filepath.Join(p.library, "deep")))
		}, "hello two\n"},
		"a new file": {hello, func(p *place) error {
			p.write("deep/init.go", "package deep\n\nfunc init() { println(\"new\") }\n")
			return nil
		}, "new\nhello one\n"},
		"a file whose build constraint is removed": {mainWith("println(tagged.Tag)", "example.com/library/tagged"), func(p *place) error {
			p.write("tagged/special.go", "package tagged\n\nfunc init() { println(\"special\") }\n")
			return nil
		}, "special\nplain\n"},
		"a new file to embed": {mainWith("println(embed.Count())", "example.com/library/embed"), func(p *place) error {
			p.write("embed/texts/in/b.txt", "b")
			return nil
		}, "2\n"},
		"a module within the module": {hello, func(p *place) error {
			p.write("deep/go.mod", "module example.com/elsewhere\n")
			return nil
		}, "greet.go:3:8: no required module provides package example.com/library/deep"},
		"another version of the language": {mainWith("for range 1 { println(1) }"), func(p *place) error {
			p.writeTo(p.dir, "go.mod", "module gonb_test\n\ngo 1.21\n")
			return nil
		}, "main.go:5:12: cannot range over 1 (untyped int constant): requires go1.22 or later"},
		"another workspace": {hello, func(p *place) error {
			p.writeTo(p.dir, "go.work", "go 1.26\n\nuse .\n")
			return nil
		}, "main.go:4:8: no required module provides package example.com/library/greet"},
		"a file beside main.go": {mainWith("println(1)"), func(p *place) error {
			p.writeTo(p.dir, "beside.go", "package main\n\nfunc init() { println(\"beside\") }\n")
			return nil
		}, "beside\n1\n"},
		"GOFLAGS": {mainWith("println(tagged.Tag)", "example.com/library/tagged"), func(p *place) error {
			return os.Setenv("GOFLAGS", flagsInTests+" -tags=special")
		}, "special\n"},
		"go's own settings": {mainWith("println(tagged.Tag)", "example.com/library/tagged"), func(p *place) error {
			p.writeTo(p.dir, ".env", "GOFLAGS=-tags=special\n")
			return errors.Join(os.Unsetenv("GOFLAGS"), os.Setenv("GOENV", filepath.Join(p.dir, ".env")))
		}, "special\n"},
	}) {
		t.Run(name, func(t *testing.T) {
			p := newPlace(t, greeting)
			p.warm(c.text)
			if err := c.change(p); err != nil {
				t.Fatal(err)
			}
			for range 3 { // at once, and when it has settled
				printed, _ := p.cell(c.text)
				if !strings.Contains(printed, c.printed) {
					t.Fatalf("printed %q, want %q", printed, c.printed)
				}
				p.settle()
			}
		})
	}
}

func TestAnotherGoCommandOnThePathIsNoticed(t *testing.T) {
	p := newPlace(t, greeting)
	first := t.TempDir()
	t.Setenv("PATH", first+string(os.PathListSeparator)+os.Getenv("PATH"))
	p.warm(hello)
	p.writeTo(first, "go", "#!/bin/sh\necho another go\nexit 1\n")
	if err := os.Chmod(filepath.Join(first, "go"), 0o700); err != nil {
		t.Fatal(err)
	}
	if printed, fast := p.cell(hello); fast || printed != "another go\n" {
		t.Errorf("fast: %v, printed %q; want false and the other go's output", fast, printed)
	}
}

func TestAChangedPackageIsBuiltFastAgain(t *testing.T) {
	p := newPlace(t, greeting)
	p.warm(hello)
	p.write("deep/deep.go", "package deep\n\nfunc Word() string { return \"two\" }\n")
	p.settle()
	if printed, fast := p.cell(hello); !fast || printed != "hello two\n" {
		t.Errorf("fast: %v, printed %q; want true and the new word", fast, printed)
	}
}

func TestPackagesCompiledWithAnOldImportAreNotUsed(t *testing.T) {
	p := newPlace(t, map[string]string{
		"a/a.go": "package a\n\nimport \"example.com/library/b\"\n\nfunc A() int { return b.B }\n",
		"b/b.go": "package b\n\nconst B = 1\n",
	})
	viaA := mainWith("println(a.A())", "example.com/library/a")
	p.warm(viaA)
	p.write("b/b.go", "package b\n\nconst B = 2\n")
	p.settle()
	// This looks only at b, and compiles it.
	p.cell(mainWith("println(b.B)", "example.com/library/b", "os") + "\nvar _ = os.Args\n")
	if printed, fast := p.cell(viaA); !fast || printed != "2\n" {
		t.Errorf("fast: %v, printed %q; want true and 2", fast, printed)
	}
}

func TestErrorsAreGoBuilds(t *testing.T) {
	p := newPlace(t, greeting)
	p.warm(hello)
	for name, text := range longtest.Every(5, map[string]string{
		"types":                mainWith(`var n int = "a"; fmt.Println(undefined)`, "fmt"),
		"unused import":        mainWith(``, "fmt"),
		"unused variable":      mainWith(`n := 1`),
		"many":                 mainWith(strings.Repeat("a.b()\n", 20)),
		"syntax":               "package main\n\nfunc main() {",
		"no main":              "package main\n",
		"unknown package":      mainWith(`nosuch.F()`, "nosuch"),
		"unknown module":       mainWith(`nosuch.F()`, "example.org/nosuch"),
		"internal":             mainWith(`println(internal.In)`, "example.com/library/internal"),
		"internal of Go":       mainWith(`println(goarch.PtrSize)`, "internal/goarch"),
		"a program":            mainWith(``, "example.com/library/command"),
		"vendored by Go":       mainWith(`println(dnsmessage.TypeA)`, "vendor/golang.org/x/net/dns/dnsmessage"),
		"no body":              mainWith(`f()`) + "\nfunc f()\n",
		"imports itself":       mainWith(``, "gonb_test"),
		"a constraint":         "//go:build never\n\n" + mainWith(`println(1)`),
		"relative":             mainWith(``, "./x"),
		"main redeclared":      mainWith(``) + "\nfunc main() {}\n",
		"missing symbol":       mainWith(`f()`) + "\n//go:linkname f example.f\nfunc f()\n",
		"language of a file":   "//go:build go1.20\n\n" + mainWith(`for range 1 { println(1) }`),
		"cgo":                  "package main\n\n// #error no\nimport \"C\"\n\nfunc main() {}\n",
		"embedding of nothing": "package main\n\nimport _ \"embed\"\n\n//go:embed nothing\nvar s string\n\nfunc main() {}\n",
	}) {
		t.Run(name, func(t *testing.T) {
			p := *p
			p.t = t
			printed, fast := p.cell(text)
			want, err := p.goBuild(false)
			if fast || err == nil || printed != want {
				t.Errorf("fast: %v, error %v, printed\n%s\nwant go build's\n%s", fast, err, printed, want)
			}
			// The same while a build is watched.
			p.b = New(p.dir)
			if watched, _ := p.cell(text); watched != want {
				t.Errorf("watched, printed\n%s\nwant go build's\n%s", watched, want)
			}
		})
	}
}

func TestUnsupportedProgramsAreLeftToGoBuild(t *testing.T) {
	for name, c := range longtest.Every(4, map[string]struct {
		text  string
		env   string
		flags []string
		set   func(p *place)
	}{
		"cgo":                       {text: "package main\n\n// int one() { return 1; }\nimport \"C\"\n\nfunc main() { println(C.one()) }\n"},
		"embedding":                 {text: "package main\n\nimport _ \"embed\"\n\n//go:embed go.mod\nvar s string\n\nfunc main() { println(s) }\n"},
		"directives for the linker": {text: "package main\n\n//go:debug panicnil=1\n\nfunc main() { println(1) }\n"},
		"other flags":               {text: hello, flags: []string{"-trimpath"}},
		"other GOFLAGS":             {text: hello, env: "-mod=readonly"},
		"GOFLAGS with an overlay":   {text: hello, env: "-overlay="},
		"a vendor folder":           {text: hello, set: func(p *place) { p.writeTo(p.dir, "vendor/a", "") }},
		"assembly":                  {text: hello, set: func(p *place) { p.writeTo(p.dir, "a.s", "") }},
	}) {
		t.Run(name, func(t *testing.T) {
			p := newPlace(t, greeting)
			if c.env != "" {
				t.Setenv("GOFLAGS", c.env)
			}
			if c.set != nil {
				c.set(p)
			}
			for range 3 {
				if _, fast := p.cell(c.text, c.flags...); fast {
					t.Fatal("the program was not left to go build")
				}
			}
			if len(p.b.plans) > 0 && name != "cgo" && name != "embedding" {
				t.Error("the build was watched successfully, want it declined")
			}
		})
	}
}

func TestTheSettingTurnsBuildersOff(t *testing.T) {
	p := newPlace(t, greeting)
	p.warm(hello)
	t.Setenv(Setting, "off")
	if printed, fast := p.cell(hello); fast || printed != "hello one\n" {
		t.Errorf("fast: %v, printed %q; want false and hello one", fast, printed)
	}
}

func TestBuildersDoNotDisturbEachOther(t *testing.T) {
	a, b := newPlace(t, greeting), newPlace(t, greeting)
	a.warm(hello)
	b.warm(hello)
	var wg sync.WaitGroup
	for i, p := range []*place{a, b} {
		wg.Go(func() {
			for n := range 5 {
				want := fmt.Sprint(i, n)
				p.writeTo(p.dir, source, mainWith(fmt.Sprintf("fmt.Print(%q)", want), "fmt"))
				if err := p.b.Build(p.out, nil, combined); err != nil {
					t.Error(err)
				} else if got := p.run(); got != want {
					t.Errorf("printed %q, want %q", got, want)
				}
			}
		})
	}
	wg.Wait()
}

func TestAnInterruptedBuildLeavesNothing(t *testing.T) {
	p := newPlace(t, greeting)
	p.warm(hello)
	before := tree(t, p.dir)
	program, err := os.ReadFile(p.out)
	if err != nil {
		t.Fatal(err)
	}
	interrupted := errors.New("interrupted")
	atOnce := func(cmd *exec.Cmd) error { return errors.Join(cmd.Start(), cmd.Process.Kill(), cmd.Wait()) }
	atTheEnd := (*exec.Cmd).Run // everything is written
	for _, tool := range []string{"compile", "link"} {
		for when, end := range map[string]func(*exec.Cmd) error{"at once": atOnce, "at the end": atTheEnd} {
			p.writeTo(p.dir, source, mainWith("println(1)"))
			err := p.b.Build(p.out, nil, func(cmd *exec.Cmd) ([]byte, error) {
				if filepath.Base(cmd.Path) != tool {
					return combined(cmd)
				}
				return nil, errors.Join(interrupted, end(cmd))
			})
			if !errors.Is(err, interrupted) {
				t.Errorf("%s %s: got error %v, want the interrupt", tool, when, err)
			}
			if now, err := os.ReadFile(p.out); err != nil || !bytes.Equal(now, program) {
				t.Errorf("%s %s: the previous program was changed (%v)", tool, when, err)
			}
			if after := tree(t, p.dir); !slices.Equal(before, after) {
				t.Errorf("%s %s: got the files %q, want %q as before", tool, when, after, before)
			}
		}
	}
	if printed, fast := p.cell(hello); !fast || printed != "hello one\n" {
		t.Errorf("the next program: fast: %v, printed %q; want true and hello one", fast, printed)
	}
}

// tree returns the names of all files below a folder.
func tree(t *testing.T, dir string) (names []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, _ os.DirEntry, err error) error {
		names = append(names, path)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

func TestAnEmptiedCacheIsFilledAgain(t *testing.T) {
	p := newPlace(t, greeting)
	p.warm(hello)
	plan := slices.Collect(maps.Values(p.b.plans))[0]
	for _, path := range []string{"example.com/library/greet", "example.com/library/deep"} {
		if err := os.Remove(plan.graph.packages[path].archive); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 {
		if printed, fast := p.cell(hello); !fast || printed != "hello one\n" {
			t.Errorf("fast: %v, printed %q; want true and hello one", fast, printed)
		}
	}
}

func TestAnotherSystemIsLeftToGoBuild(t *testing.T) {
	p := newPlace(t, greeting)
	other := "js"
	if runtime.GOOS == other {
		other = "linux"
	}
	t.Setenv("GOOS", other)
	t.Setenv("GOARCH", "wasm")
	p.writeTo(p.dir, source, hello)
	if watching, _ := p.b.Watch(nil, combined); watching != nil {
		t.Error("the build is watched, want it ignored")
	}
}

func TestAWrongRecipeIsReplaced(t *testing.T) {
	for name, spoil := range longtest.Every(2, map[string]func(r *recipe){
		"another version of a module": func(r *recipe) { r.info.Deps[0].Version = "v9.0.0" },
		"another flag":                func(r *recipe) { r.link = slices.Insert(r.link, 1, "-nosuchflag") },
	}) {
		t.Run(name, func(t *testing.T) {
			p := newPlace(t, greeting)
			t.Setenv(Setting, filepath.Join(t.TempDir(), "plans"))
			p.warm(hello)
			plan := p.b.plan(nil)
			spoil(plan.recipe)
			p.b.keep(nil, plan)
			if printed, fast := p.cell(hello); fast || printed != "hello one\n" {
				t.Errorf("fast: %v, printed %q; want false and hello one", fast, printed)
			}
			for range maxWatched { // go build knows this text
				p.cell(hello)
			}
			p.warm(hello + "\n// another text\n")
			if _, fast := p.kernel("gonb_second").cell(hello); !fast {
				t.Error("another kernel got the wrong recipe")
			}
		})
	}
}

func TestErrorsInProgramsDoNotDisableTheBuilder(t *testing.T) {
	p := newPlace(t, greeting)
	for range maxWatched + 1 {
		p.cell(mainWith("undefined()"))
	}
	p.warm(hello)
	p.cell(mainWith("undefined()"))
	p.writeTo(p.dir, "go.work.sum", "example.com/unused v1.0.0 h1:3qXRTX8/NbyulANqlc0lchS1gqAVxRgsuW1YrTJupqA=\n")
	if _, fast := p.cell(hello); !fast {
		t.Error("after an error, the program was left to go build")
	}
}

package cellbuild

import (
	"go/parser"
	"go/token"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"testing"

	"golang.org/x/tools/imports"
)

func TestImportsAreTheSameAsGoimports(t *testing.T) {
	std := readStdHere(t)
	for name, c := range map[string]struct {
		text  string
		plain bool // the imports must be certain
	}{
		"a missing one":             {mainWith(`fmt.Println()`), true},
		"many missing ones":         {mainWith(`fmt.Println(http.StatusOK, atomic.AddInt32, json.Marshal, bufio.NewReader(os.Stdin), url.Parse)`), true},
		"an unused one":             {mainWith(`fmt.Println()`, "fmt", "os"), true},
		"one with a name":           {"package main\n\nimport (\n\tf \"fmt\"\n\th \"net/http\"\n)\n\nfunc main() { f.Println() }\n", true},
		"one for its effects":       {"package main\n\nimport _ \"embed\"\n\nfunc main() {}\n", true},
		"a version in the path":     {mainWith(`rand.N(1)`, "math/rand/v2"), true},
		"one of two":                {mainWith(`rand.Intn(1)`), false},
		"templates":                 {mainWith(`template.New("")`), false},
		"a dot":                     {"package main\n\nimport . \"fmt\"\n\nfunc main() { Println() }\n", false},
		"a variable of that name":   {mainWith("http := struct{ Get int }{}\n\tprintln(http.Get, fmt.Sprint())"), true},
		"a function of that name":   {mainWith(`println(os.Args())`) + "\nvar os T\n\ntype T struct{}\n\nfunc (T) Args() int { return 1 }\n", true},
		"a field of that name":      {mainWith(`println(s.fmt.Println)`) + "\nvar s struct{ fmt struct{ Println int } }\n", true},
		"a type":                    {mainWith(``) + "\nfunc f(w io.Writer, t map[string]time.Time) context.Context { return nil }\n", true},
		"a type parameter":          {mainWith(``) + "\nfunc f[T cmp.Ordered](t T) {}\n", true},
		"lower case":                {mainWith(`fmt.println()`), true},
		"two of one name":           {"package main\n\nimport (\n\t\"crypto/rand\"\n\t\"math/rand\"\n)\n\nfunc main() { rand.Int() }\n", false},
		"no imports":                {mainWith(``), true},
		"not of the library":        {mainWith(`nosuch.F()`), false},
		"a test's package":          {mainWith(`synctest.Test(nil, nil)`), true},
		"errors":                    {mainWith(`errors.Is(nil, nil)`, "errors", "fmt"), true},
		"a package and a local one": {mainWith("{\n\t\tsync := 1\n\t\t_ = sync\n\t}\n\tsync.OnceFunc(nil)"), true},
	} {
		t.Run(name, func(t *testing.T) {
			p := parsedProgram(t, c.text)
			got, ok := p.complete(assumedName, std)
			if ok != c.plain {
				t.Fatalf("certain: %v, want %v", ok, c.plain)
			}
			if !ok {
				return
			}
			fixed, err := imports.Process(filepath.Join(t.TempDir(), source), []byte(c.text), nil)
			if err != nil {
				t.Fatal(err)
			}
			if want := parsedProgram(t, string(fixed)).imports; !slices.Equal(got, want) && len(got)+len(want) > 0 {
				t.Errorf("got %q, want %q as from goimports", got, want)
			}
		})
	}
}

func readStdHere(t *testing.T) stdNames {
	t.Helper()
	//lint:ignore SA1019 The Go that runs the test has its sources there.
	std, err := readStd(runtime.GOROOT())
	if err != nil {
		t.Fatal(err)
	}
	return std
}

func parsedProgram(t *testing.T, text string) *program {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), source, text, 0)
	if err != nil {
		t.Fatal(err)
	}
	p := &program{text: []byte(text), file: file}
	for _, spec := range file.Imports {
		path, _ := strconv.Unquote(spec.Path.Value)
		i := Import{Path: path}
		if spec.Name != nil {
			i.Name = spec.Name.Name
		}
		p.imports = append(p.imports, i)
	}
	slices.SortFunc(p.imports, byPath)
	return p
}

func TestTheStandardLibraryIsFoundInItsFolders(t *testing.T) {
	std := readStdHere(t)
	for _, path := range []string{"fmt", "net/http", "math/rand/v2", "testing/synctest", "unsafe"} {
		if !std.has(path) {
			t.Errorf("%s is missing", path)
		}
	}
	for _, path := range []string{"cmd/go", "go", "internal/abi", "vendor/golang.org/x/net/idna", "archive", "net/nosuch", ""} {
		if std.has(path) {
			t.Errorf("%s was found, want it missing", path)
		}
	}
	if got := std["rand"]; !slices.Equal(got, []string{"crypto/rand", "math/rand"}) {
		t.Errorf("packages named rand: got %q, want crypto/rand and math/rand", got)
	}
}

func TestABuilderKnowsWhatAProgramImports(t *testing.T) {
	p := newPlace(t, greeting)
	short := "package main\n\nimport \"example.com/library/greet\"\n\nfunc main() { fmt.Println(greet.Hello()) }\n"
	p.writeTo(p.dir, source, short)
	if _, ok := p.b.Imports(nil); ok {
		t.Error("Imports succeeded before a build was watched")
	}
	p.warm(hello)
	p.writeTo(p.dir, source, short)
	got, ok := p.b.Imports(nil)
	if !ok || !slices.Equal(got, []Import{{Path: "example.com/library/greet"}, {Path: "fmt"}}) {
		t.Errorf("got %q, %v; want greet and fmt", got, ok)
	}
}

//go:build !browser

package lab

import (
	"fmt"
	"go/types"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/go/packages"
)

// layered lists the packages whose files must have an order in which each file
// uses only files before it, so that a reader can start with the first.
var layered = []string{"kernel-helpers/internal/supervisor/...", "kernel-helpers/internal/coursework/..."}

// upward lists the exceptions, which are uses of a later file, with their
// reasons. The test fails if an exception is no longer needed.
var upward = map[use]string{}

// A use is the use in a file of a declaration in another file of the package.
type use struct{ pkg, file, used string }

func TestFilesOfAPackageUseOnlyFilesBelow(t *testing.T) {
	patterns := make([]string, len(layered))
	for i, p := range layered {
		patterns[i] = module + p
	}
	loaded, err := packages.Load(&packages.Config{
		Context: t.Context(),
		Dir:     filepath.Join("..", ".."),
		Mode:    packages.NeedName | packages.NeedImports | packages.NeedTypes | packages.NeedTypesInfo | packages.NeedSyntax,
	}, patterns...)
	if err != nil {
		t.Fatal(err)
	}
	if len(loaded) < 2 {
		t.Fatalf("got %d packages for %v, want several", len(loaded), layered)
	}
	needed := map[use]bool{}
	for _, pkg := range loaded {
		if len(pkg.Errors) > 0 {
			t.Fatalf("load %s: %v", pkg.PkgPath, pkg.Errors)
		}
		name := strings.TrimPrefix(pkg.PkgPath, module)
		uses := usesOf(pkg)
		for _, cycle := range cycles(uses, excepted(name, upward)) {
			t.Errorf("%s: these files use each other:\n%s", name, cycle)
		}
		for u := range upward {
			if u.pkg == name {
				needed[u] = isNeeded(uses, u, upward)
			}
		}
	}
	for u, why := range upward {
		if why == "" {
			t.Errorf("the exception %v has no reason", u)
		}
		if !needed[u] {
			t.Errorf("the exception %v is no longer needed: remove it", u)
		}
	}
}

// uses holds, for each file of a package and each other file that it uses, the
// names that it uses.
type uses map[string]map[string][]string

// usesOf returns the uses in a package. Methods and fields belong to the file
// that declares them.
func usesOf(pkg *packages.Package) uses {
	all := uses{}
	for id, object := range pkg.TypesInfo.Uses {
		if object.Pkg() != pkg.Types {
			continue
		}
		if _, ok := object.(*types.PkgName); ok {
			continue
		}
		file := filepath.Base(pkg.Fset.Position(id.Pos()).Filename)
		used := filepath.Base(pkg.Fset.Position(object.Pos()).Filename)
		if file == used {
			continue
		}
		if all[file] == nil {
			all[file] = map[string][]string{}
		}
		if !slices.Contains(all[file][used], object.Name()) {
			all[file][used] = append(all[file][used], object.Name())
		}
	}
	return all
}

// cycles describes each group of files that use each other, apart from the
// exceptions.
func cycles(all uses, isExcepted func(file, used string) bool) (found []string) {
	below := map[string]map[string]bool{} // the files that each file uses, also indirectly
	var visit func(from, file string)
	visit = func(from, file string) {
		for used := range all[file] {
			if !isExcepted(file, used) && !below[from][used] {
				below[from][used] = true
				visit(from, used)
			}
		}
	}
	for file := range all {
		below[file] = map[string]bool{}
		visit(file, file)
	}
	seen := map[string]bool{}
	for _, file := range slices.Sorted(maps.Keys(all)) {
		if seen[file] || !below[file][file] {
			continue
		}
		var text []string
		for _, from := range slices.Sorted(maps.Keys(all)) {
			if !below[file][from] || !below[from][file] {
				continue
			}
			seen[from] = true
			for _, used := range slices.Sorted(maps.Keys(all[from])) {
				if below[used][file] && below[file][used] && !isExcepted(from, used) {
					slices.Sort(all[from][used])
					text = append(text, fmt.Sprintf("\t%s uses %s of %s", from, strings.Join(all[from][used], ", "), used))
				}
			}
		}
		found = append(found, strings.Join(text, "\n"))
	}
	return found
}

// excepted returns a function that reports whether a file of pkg may use another.
func excepted(pkg string, exceptions map[use]string) func(file, used string) bool {
	return func(file, used string) bool {
		_, ok := exceptions[use{pkg, file, used}]
		return ok
	}
}

// isNeeded reports whether there are other cycles without the exception u.
func isNeeded(all uses, u use, exceptions map[use]string) bool {
	others := maps.Clone(exceptions)
	delete(others, u)
	return !slices.Equal(cycles(all, excepted(u.pkg, others)), cycles(all, excepted(u.pkg, exceptions)))
}

func TestCyclesAreFound(t *testing.T) {
	all := uses{
		"a.go": {"b.go": {"B"}, "d.go": {"D"}},
		"b.go": {"c.go": {"C", "Also"}},
		"c.go": {"a.go": {"A"}},
		"d.go": {"e.go": {"E"}},
	}
	want := []string{"\ta.go uses B of b.go\n\tb.go uses Also, C of c.go\n\tc.go uses A of a.go"}
	if got := cycles(all, excepted("p", nil)); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	upward := use{"p", "c.go", "a.go"}
	needless := use{"p", "a.go", "d.go"}
	exceptions := map[use]string{upward: "", needless: ""}
	if got := cycles(all, excepted("p", exceptions)); len(got) > 0 {
		t.Errorf("got %q, want no cycle but for the exception", got)
	}
	if !isNeeded(all, upward, exceptions) || isNeeded(all, needless, exceptions) {
		t.Errorf("got %v needed: %v, and %v: %v, want the first alone", upward, isNeeded(all, upward, exceptions), needless, isNeeded(all, needless, exceptions))
	}
}

//go:build !browser

package lab

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/tools/go/packages"
)

// TestTypeChecksForMacOS checks the types of all packages and their tests as a build
// for macOS would. It reads the dependencies from source, as nothing else needs them
// compiled for macOS: with an empty build cache, go vet takes 20 times as long. The few
// lines that only macOS compiles are not vetted.
func TestTypeChecksForMacOS(t *testing.T) {
	if testing.Short() {
		t.Skip("it reads the source of all dependencies")
	}
	root, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	// Of other modules' functions only the signature counts.
	parse := func(files *token.FileSet, name string, source []byte) (*ast.File, error) {
		file, err := parser.ParseFile(files, name, source, parser.SkipObjectResolution)
		if file != nil && !strings.HasPrefix(name, root+string(filepath.Separator)) {
			for _, d := range file.Decls {
				if f, isFunc := d.(*ast.FuncDecl); isFunc {
					f.Body = nil
				}
			}
		}
		return file, err
	}
	for _, e := range []struct{ tags, pattern string }{
		{"", "./..."},
		{"browser", "./kernel-helpers/lab"},
	} {
		roots, err := packages.Load(&packages.Config{
			Context:    t.Context(),
			Dir:        root,
			Mode:       packages.LoadAllSyntax | packages.NeedModule,
			Tests:      true,
			ParseFile:  parse,
			BuildFlags: []string{"-tags=" + e.tags},
			Env:        append(os.Environ(), "GOOS=darwin", "GOARCH=arm64", "CGO_ENABLED=0"),
		}, e.pattern)
		if err != nil {
			t.Fatal(err)
		}
		checked := 0
		for pkg := range packages.Postorder(roots) {
			if pkg.Module == nil || !pkg.Module.Main || strings.HasSuffix(pkg.PkgPath, ".test") { // go's own main
				continue
			}
			checked++
			for _, e := range pkg.Errors {
				t.Error(e)
			}
		}
		if checked == 0 {
			t.Errorf("-tags=%q %s: got no package of ours", e.tags, e.pattern)
		}
	}
}

package cellbuild

import (
	"cmp"
	"go/ast"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// complete returns the imports that goimports would give a program: those that
// it uses, and those of the standard library that are missing. ok is false if
// they are not certain; then goimports must be run. name returns the name of a
// package.
//
// complete doesn't notice symbols that a package lacks. The compiler does.
func (p *program) complete(name func(importPath string) string, std stdNames) (imports []Import, ok bool) {
	missing := p.references()
	defined := map[string]bool{}
	for _, i := range p.imports {
		switch i.Name {
		case ".":
			return nil, false
		case "_":
			imports = append(imports, i)
			continue
		}
		as := i.Name
		if as == "" {
			as = name(i.Path)
		}
		if defined[as] {
			return nil, false
		}
		defined[as] = true
		if missing[as] {
			delete(missing, as)
			imports = append(imports, i)
		}
	}
	for as := range missing {
		candidates := std[as]
		if len(candidates) != 1 {
			return nil, false
		}
		imports = append(imports, Import{Path: candidates[0]})
	}
	slices.SortFunc(imports, byPath)
	return imports, true
}

func byPath(a, b Import) int {
	return cmp.Or(strings.Compare(a.Path, b.Path), strings.Compare(a.Name, b.Name))
}

// references returns the names X in all selectors X.Y of the file that must be
// packages.
func (p *program) references() map[string]bool {
	found := map[string]bool{}
	ast.Inspect(p.file, func(n ast.Node) bool {
		if s, ok := n.(*ast.SelectorExpr); ok && ast.IsExported(s.Sel.Name) {
			if x, ok := s.X.(*ast.Ident); ok && x.Obj == nil {
				found[x.Name] = true
			}
		}
		return true
	})
	return found
}

// stdNames maps names to the packages of the standard library that cells can
// import. The name is the last element of the path, so packages with a version,
// such as math/rand/v2, are never found by their names.
type stdNames map[string][]string

// readStd finds the packages in the folders of a GOROOT. It takes some 3 ms.
func readStd(goroot string) (stdNames, error) {
	names := stdNames{}
	tree := os.DirFS(filepath.Join(goroot, "src"))
	err := fs.WalkDir(tree, ".", func(file string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			switch base := entry.Name(); {
			case file == "cmd", base == "vendor", base == "internal", base == "testdata":
				return fs.SkipDir
			}
			return nil
		}
		dir := path.Dir(file)
		if !strings.HasSuffix(file, ".go") || strings.HasSuffix(file, "_test.go") || dir == "." {
			return nil
		}
		name := path.Base(dir)
		if !slices.Contains(names[name], dir) {
			names[name] = append(names[name], dir)
		}
		return nil
	})
	return names, err
}

// has reports whether the package exists.
func (s stdNames) has(importPath string) bool {
	return slices.Contains(s[path.Base(importPath)], importPath)
}

// assumedName returns a package's most likely name, which is right for all of
// the standard library: the last element of its path that isn't a version.
func assumedName(importPath string) string {
	base := path.Base(importPath)
	if len(base) > 1 && base[0] == 'v' && strings.Trim(base[1:], "0123456789") == "" {
		base = path.Base(path.Dir(importPath))
	}
	return base
}

package script

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"go/types"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/tools/go/packages"
	"golang.org/x/tools/imports"
)

// Program returns the code cells of a notebook, given by their texts, as the source of a program, and
// what of them it has as comments only because it does not compile. folder is the
// notebook's: its module decides which packages there are.
//
// A package that cannot be found stays imported, and what uses it stays too: it may
// only have to be downloaded.
func Program(ctx context.Context, title, folder string, sources []string) (text []byte, omitted []string, err error) {
	composed, prefix, err := compose(title, sources)
	if err != nil {
		return nil, nil, err
	}
	folder, err = filepath.Abs(folder)
	if err != nil {
		return nil, nil, fmt.Errorf("script: %w", err)
	}
	// No file has this name: what is checked is the program alone.
	file := filepath.Join(folder, "speedup-script-in-memory.go")
	for {
		text, err = imports.Process(file, composed, nil)
		if err != nil {
			return nil, nil, fmt.Errorf("script: add imports: %w", err)
		}
		faults, err := check(ctx, file, text)
		if err != nil {
			return nil, nil, err
		}
		if len(faults) == 0 {
			return text, omitted, nil
		}
		next, names, err := omit(text, prefix, faults)
		if err != nil {
			return nil, nil, err
		}
		if len(names) == 0 {
			return nil, nil, fmt.Errorf("script: the program does not compile: %s", faults[0].msg)
		}
		composed = next
		omitted = append(omitted, names...)
	}
}

// fault is something that does not compile.
type fault struct {
	offset int
	msg    string
}

// check returns what the type checker finds in a program.
func check(ctx context.Context, file string, text []byte) ([]fault, error) {
	fset := token.NewFileSet()
	loaded, err := packages.Load(&packages.Config{
		Context: ctx,
		// Without NeedDeps, what is imported comes from the compiler's export data.
		Mode: packages.NeedName | packages.NeedFiles | packages.NeedCompiledGoFiles | packages.NeedImports |
			packages.NeedTypes | packages.NeedTypesSizes | packages.NeedSyntax | packages.NeedTypesInfo,
		Dir:     filepath.Dir(file),
		Fset:    fset,
		Overlay: map[string][]byte{file: text},
	}, "file="+file)
	if err != nil {
		return nil, fmt.Errorf("script: check the program: %w", err)
	}
	var faults []fault
	for _, p := range loaded {
		if len(p.Syntax) == 0 && len(p.Errors) > 0 {
			return nil, fmt.Errorf("script: check the program: %w", errors.New(p.Errors[0].Msg))
		}
		for _, e := range p.TypeErrors {
			if strings.HasPrefix(e.Msg, "could not import ") {
				continue
			}
			faults = append(faults, fault{offsetOf(fset, e), e.Msg})
		}
	}
	return faults, nil
}

func offsetOf(fset *token.FileSet, e types.Error) int { return fset.PositionFor(e.Pos, false).Offset }

// omit turns declarations with faults into comments, and returns what they declare.
// Of a cell's function only the body is one: main calls it.
func omit(text []byte, prefix string, faults []fault) (rest []byte, names []string, err error) {
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, "", text, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return nil, nil, fmt.Errorf("script: %w", err)
	}
	offset := func(p token.Pos) int { return fset.PositionFor(p, false).Offset }
	rest = slices.Clone(text)
	for _, decl := range slices.Backward(file.Decls) {
		begin, end := offset(decl.Pos()), offset(decl.End())
		at := slices.IndexFunc(faults, func(f fault) bool { return begin <= f.offset && f.offset < end })
		if at < 0 {
			continue
		}
		names = append(names, fmt.Sprintf("%s: %s", describe(decl), faults[at].msg))
		if f, ok := decl.(*ast.FuncDecl); ok && f.Recv == nil && strings.HasPrefix(f.Name.Name, prefix) && f.Body != nil {
			begin, end = offset(f.Body.Lbrace)+1, offset(f.Body.Rbrace)
		}
		comment := "\n// Not compiled: " + oneLine(faults[at].msg) + "\n" + commented(strings.Trim(string(text[begin:end]), "\n"))
		rest = slices.Replace(rest, begin, end, []byte(comment)...)
	}
	slices.Reverse(names)
	formatted, err := format.Source(rest)
	if err != nil {
		return nil, nil, fmt.Errorf("script: %w", err)
	}
	return bytes.TrimLeft(formatted, "\n"), names, nil
}

// describe names a declaration.
func describe(decl ast.Decl) string {
	switch d := decl.(type) {
	case *ast.FuncDecl:
		return d.Name.Name
	case *ast.GenDecl:
		for _, spec := range d.Specs {
			switch s := spec.(type) {
			case *ast.TypeSpec:
				return s.Name.Name
			case *ast.ValueSpec:
				return s.Names[0].Name
			}
		}
		return d.Tok.String()
	}
	return "a declaration"
}

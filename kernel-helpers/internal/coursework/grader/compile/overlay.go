package compile

import (
	"bytes"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
)

// replacements are functions of the standard library, by file below GOROOT/src,
// that use memory in a way that the race detector doesn't see, with bodies that it
// sees. A data race that isn't seen would let an answer leave Go's rules.
var replacements = map[string]map[string]string{
	// The runtime copies the map's tables as raw memory.
	"maps/maps.go": {"Clone": `{
	if m == nil {
		return nil
	}
	c := make(M, len(m))
	for k, v := range m {
		c[k] = v
	}
	return c
}`},
}

// writeOverlay writes the changed files of the standard library into dir, and the
// file for the go command's -overlay, whose name it returns. A Go release without
// one of the functions is an error.
func writeOverlay(goroot, dir string) (string, error) {
	overlay := struct{ Replace map[string]string }{map[string]string{}}
	for name, bodies := range replacements {
		file := filepath.Join(goroot, "src", filepath.FromSlash(name))
		text, err := replaceBodies(file, bodies)
		if err != nil {
			return "", fmt.Errorf("standard library for the race detector: %w", err)
		}
		changed := filepath.Join(dir, filepath.Base(name))
		if err := os.WriteFile(changed, text, 0o600); err != nil {
			return "", err
		}
		overlay.Replace[file] = changed
	}
	text, err := json.Marshal(overlay)
	if err != nil {
		return "", err
	}
	config := filepath.Join(dir, "overlay.json")
	return config, os.WriteFile(config, text, 0o600)
}

// replaceBodies returns the text of a Go file with other bodies for some of its
// functions.
func replaceBodies(file string, bodies map[string]string) ([]byte, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	fset := token.NewFileSet()
	parsed, err := parser.ParseFile(fset, file, text, parser.ParseComments)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	at, replaced := 0, 0
	for _, d := range parsed.Decls {
		f, isFunc := d.(*ast.FuncDecl)
		if !isFunc || f.Recv != nil || f.Body == nil || bodies[f.Name.Name] == "" {
			continue
		}
		out.Write(text[at:fset.Position(f.Body.Pos()).Offset])
		out.WriteString(bodies[f.Name.Name])
		at = fset.Position(f.Body.End()).Offset
		replaced++
	}
	if replaced != len(bodies) {
		return nil, fmt.Errorf("%s: got %d of the functions to replace, want %d", file, replaced, len(bodies))
	}
	out.Write(text[at:])
	return format.Source(out.Bytes())
}

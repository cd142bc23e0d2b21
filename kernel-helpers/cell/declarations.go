package cell

import (
	"encoding/json"
	"fmt"
	"go/token"
	"hash/fnv"
	"slices"
	"strings"
)

// Declarations are what the cells of a session have declared, in declaration
// order. The zero value is empty. A value never changes, but for decoding, so
// it can be kept as it was before a cell that turns out not to compile.
type Declarations struct {
	imports []Import
	decls   []Decl
}

// Add returns the declarations with those of a cell. resolve returns the name of
// the package with an import path; nil goes by the path.
func (d *Declarations) Add(c *Cell, number int, id string, resolve func(path string) string) *Declarations {
	origin := Origin{Number: number, ID: id, Sum: sum(c.Text)}
	next := &Declarations{imports: slices.Clone(d.imports), decls: slices.Clone(d.decls)}
	decls, imports := slices.Clone(c.Decls), slices.Clone(c.Imports)
	for i := range decls {
		decls[i].Origin = origin
	}
	for i := range imports {
		imports[i].Origin = origin
		if imports[i].Name == "" && resolve != nil {
			if name := resolve(imports[i].Path); name != "" {
				imports[i].As = name
			}
		}
	}
	at := next.replace(origin, decls, imports)
	next.decls = slices.Insert(next.decls, at, decls...)
	next.imports = append(next.imports, imports...)
	return next
}

func sum(text string) uint64 {
	h := fnv.New64a()
	h.Write([]byte(text))
	return h.Sum64()
}

// replace removes what new declarations replace, and returns the index at which
// they belong.
func (d *Declarations) replace(origin Origin, decls []Decl, imports []Import) int {
	again := func(o Origin) bool { // the same cell has run before
		if origin.ID != "" || o.ID != "" {
			return o.ID == origin.ID
		}
		return o.Sum == origin.Sum
	}
	names, types := map[string]bool{}, map[string]bool{}
	for _, n := range decls {
		for _, name := range n.Names {
			names[name] = true
			types[name] = n.Kind == token.TYPE
		}
	}
	for _, i := range imports {
		if i.As != "" {
			names[i.As] = true
		}
	}
	gone := map[string]bool{} // types that became something else
	older := map[Origin]*overlap{}
	for _, o := range d.decls {
		if len(o.Names) == 0 {
			continue
		}
		v := older[o.Origin]
		if v == nil {
			v = &overlap{}
			older[o.Origin] = v
		}
		v.named++
		if !slices.ContainsFunc(o.Names, func(name string) bool { return names[name] }) {
			continue
		}
		v.replaced++
		if o.Kind == token.TYPE {
			for _, name := range o.Names {
				if names[name] && !types[name] {
					gone[name] = true
				}
			}
		}
	}
	at, kept := -1, d.decls[:0]
	for _, o := range d.decls {
		v := older[o.Origin]
		replaced := again(o.Origin) || slices.ContainsFunc(o.Names, func(name string) bool {
			base, _, method := strings.Cut(name, ".")
			return names[name] || method && gone[base]
		})
		later := origin.ID == "" && o.Origin.ID == "" && v != nil && 2*v.replaced >= v.named
		if len(o.Names) == 0 && later && v.replaced == v.named {
			replaced = true // it belongs to a cell of which nothing else is left
		}
		if at < 0 && (again(o.Origin) || later && v.replaced > 0) {
			at = len(kept)
		}
		if !replaced {
			kept = append(kept, o)
		}
	}
	d.decls = kept
	d.imports = slices.DeleteFunc(d.imports, func(o Import) bool {
		if again(o.Origin) || o.As != "" && names[o.As] {
			return true
		}
		return slices.ContainsFunc(imports, func(i Import) bool { return i.Path == o.Path && i.Name == o.Name })
	})
	if at < 0 {
		at = len(d.decls)
	}
	return at
}

// overlap counts the declarations of an older cell that have names, and those
// that a new cell replaces.
type overlap struct{ named, replaced int }

// Remove returns the declarations without what declares a name: a declaration
// with its group, an import, or a method (Type.Method or, as GoNB writes it,
// Type~Method). With a type its methods go; the name C removes all cgo preambles.
// It also returns what was removed, as
// "var x" or "func T.M".
func (d *Declarations) Remove(name string) (rest *Declarations, removed []string) {
	name = strings.Replace(name, "~", ".", 1)
	rest = &Declarations{imports: slices.Clone(d.imports), decls: slices.Clone(d.decls)}
	gone := map[string]bool{}
	rest.decls = slices.DeleteFunc(rest.decls, func(o Decl) bool {
		if o.Kind == token.IMPORT && name == "C" {
			removed = append(removed, "import C")
			return true
		}
		if !slices.Contains(o.Names, name) {
			return false
		}
		for _, n := range o.Names {
			gone[n] = o.Kind == token.TYPE
		}
		removed = append(removed, describe(o)...)
		return true
	})
	rest.decls = slices.DeleteFunc(rest.decls, func(o Decl) bool {
		if len(o.Names) != 1 {
			return false
		}
		base, _, method := strings.Cut(o.Names[0], ".")
		if !method || !gone[base] {
			return false
		}
		removed = append(removed, describe(o)...)
		return true
	})
	rest.imports = slices.DeleteFunc(rest.imports, func(i Import) bool {
		if i.As != name && i.Path != name {
			return false
		}
		removed = append(removed, "import "+name)
		return true
	})
	return rest, removed
}

func describe(d Decl) (all []string) {
	for _, name := range d.Names {
		all = append(all, fmt.Sprintf("%s %s", d.Kind, name))
	}
	return all
}

// Names returns what is declared by declarations of a kind, sorted. For
// token.IMPORT these are the names of packages.
func (d *Declarations) Names(kind token.Token) (names []string) {
	for _, o := range d.decls {
		if o.Kind == kind {
			names = append(names, o.Names...)
			if kind == token.IMPORT {
				names = append(names, "C")
			}
		}
	}
	if kind == token.IMPORT {
		for _, i := range d.imports {
			switch {
			case i.As != "":
				names = append(names, i.As)
			default:
				names = append(names, i.Name+" "+i.Path)
			}
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// Len returns the number of declarations and imports.
func (d *Declarations) Len() int { return len(d.decls) + len(d.imports) }

// stored is how Declarations are kept in files.
type stored struct {
	Imports []Import `json:"imports"`
	Decls   []Decl   `json:"decls"`
}

// MarshalJSON encodes the declarations with their positions.
func (d *Declarations) MarshalJSON() ([]byte, error) {
	return json.Marshal(stored{d.imports, d.decls})
}

// UnmarshalJSON decodes what MarshalJSON has encoded.
func (d *Declarations) UnmarshalJSON(raw []byte) error {
	var s stored
	if err := json.Unmarshal(raw, &s); err != nil {
		return fmt.Errorf("cell: stored declarations: %w", err)
	}
	d.imports, d.decls = s.Imports, s.Decls
	return nil
}

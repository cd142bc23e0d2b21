package cellbuild

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"time"
)

// A graph holds go list's information on the packages that a folder's programs
// import.
type graph struct {
	packages map[string]*pkg
	accepted map[string]bool // packages that main.go may import
	always   []string        // packages that the linker adds to every program
	settings files           // module files, and missing ones
}

// A pkg is one package.
type pkg struct {
	name    string
	archive string // in go's build cache; "" for unsafe
	std     bool
	imports []string
	module  *debug.Module // nil for the standard library
	files   files         // its source files and its folder
}

func newGraph() *graph {
	return &graph{packages: map[string]*pkg{}, accepted: map[string]bool{}, settings: files{}}
}

// forget drops all packages.
func (g *graph) forget() {
	settings := g.settings
	*g = *newGraph()
	g.settings = settings
}

// listed holds the fields read from go list's output.
type listed struct {
	ImportPath, Dir, Name, Export string
	Standard                      bool
	Imports                       []string
	ImportMap                     map[string]string
	Module                        *listedModule

	GoFiles, CgoFiles, CFiles, CXXFiles, MFiles, HFiles, FFiles, SFiles, SwigFiles, SwigCXXFiles, SysoFiles []string
	EmbedFiles, EmbedPatterns                                                                               []string
	IgnoredGoFiles, IgnoredOtherFiles                                                                       []string
}

type listedModule struct {
	Path, Version, Dir, GoMod, Sum string
	Main                           bool
	Replace                        *listedModule
}

// listFields are the names of the fields of listed.
const listFields = "ImportPath,Dir,Name,Export,Standard,Imports,ImportMap,Module," +
	"GoFiles,CgoFiles,CFiles,CXXFiles,MFiles,HFiles,FFiles,SFiles,SwigFiles,SwigCXXFiles,SysoFiles," +
	"EmbedFiles,EmbedPatterns,IgnoredGoFiles,IgnoredOtherFiles"

// learn adds go list's information on the program in dir. It takes a third of
// the time of a go build, and longer if packages must be compiled.
func (g *graph) learn(dir string, flags []string, p *program, run Runner) error {
	began := time.Now()
	args := append([]string{"list", "-deps", "-export", "-json=" + listFields}, flags...)
	cmd := exec.Command("go", append(args, "--", ".")...)
	cmd.Dir = dir
	out, err := run(cmd)
	if err != nil {
		return fmt.Errorf("cellbuild: go list: %w", err)
	}
	found := map[string]*pkg{}
	decoder := json.NewDecoder(bytes.NewReader(out))
	var main *listed
	for {
		var l listed
		if err := decoder.Decode(&l); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return fmt.Errorf("cellbuild: go list: %w", err)
		}
		if l.Export == "" && l.ImportPath != "unsafe" {
			return declined("go list reports no archive of %s", l.ImportPath)
		}
		if l.Dir == dir && l.Name == "main" {
			main = &l
			continue
		}
		if found[l.ImportPath], err = newPkg(l, began); err != nil {
			return err
		}
		if err := g.noteModule(l.Module, l.Dir, began); err != nil {
			return err
		}
	}
	if main == nil || !slices.Equal(main.GoFiles, []string{source}) || len(main.ImportMap) > 0 {
		return declined("go list finds no program in %s", dir)
	}
	for path, p := range found {
		if before := g.packages[path]; before != nil && before.archive != p.archive {
			g.forget() // the packages that import it have other archives now, too
			break
		}
	}
	maps.Copy(g.packages, found)
	reached := map[string]bool{}
	if err := errors.Join(g.reach(p.paths(), reached), g.reach([]string{"runtime"}, reached)); err != nil {
		return err
	}
	if g.always == nil {
		g.always = []string{"runtime"}
	}
	for path := range found {
		if !reached[path] && !slices.Contains(g.always, path) {
			g.always = append(g.always, path)
		}
	}
	for _, path := range p.paths() {
		g.accepted[path] = true
	}
	return nil
}

// newPkg returns a package with the states of its files.
func newPkg(l listed, began time.Time) (*pkg, error) {
	p := &pkg{name: l.Name, archive: l.Export, std: l.Standard, files: files{}}
	for _, path := range l.Imports {
		if mapped, ok := l.ImportMap[path]; ok {
			path = mapped
		}
		if path != "C" {
			p.imports = append(p.imports, path)
		}
	}
	if l.Module != nil {
		p.module = l.Module.debug()
	}
	names := slices.Concat(l.GoFiles, l.CgoFiles, l.CFiles, l.CXXFiles, l.MFiles, l.HFiles, l.FFiles, l.SFiles,
		l.SwigFiles, l.SwigCXXFiles, l.SysoFiles, l.EmbedFiles)
	if l.Module.editable() {
		// An edit may make these part of the package.
		names = slices.Concat(names, l.IgnoredGoFiles, l.IgnoredOtherFiles)
		if len(l.EmbedPatterns) > 0 {
			if err := p.addFolders(l.Dir, began); err != nil {
				return nil, err
			}
		}
	}
	for _, name := range append(names, ".") { // a new file changes its folder
		if !filepath.IsAbs(name) {
			name = filepath.Join(l.Dir, name)
		}
		if err := p.files.add(name, began); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// addFolders records all folders below dir, because a new file in one of them
// may match a pattern of files to embed.
func (p *pkg) addFolders(dir string, began time.Time) error {
	return filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.IsDir() {
			return err
		}
		return p.files.add(path, began)
	})
}

// noteModule records the module files that determine how the packages in dir
// are found.
func (g *graph) noteModule(m *listedModule, dir string, began time.Time) error {
	if !m.editable() {
		return nil
	}
	if m.Replace != nil {
		m = m.Replace
	}
	goMod := m.GoMod
	if goMod == "" {
		goMod = filepath.Join(m.Dir, "go.mod")
	}
	for _, path := range []string{goMod, strings.TrimSuffix(goMod, ".mod") + ".sum"} {
		if err := g.settings.add(path, began); err != nil {
			return err
		}
	}
	// A go.mod between the module's root and the package would start another
	// module.
	for ; len(dir) > len(m.Dir) && strings.HasPrefix(dir, m.Dir); dir = filepath.Dir(dir) {
		if err := g.settings.add(filepath.Join(dir, "go.mod"), began); err != nil {
			return err
		}
	}
	return nil
}

// editable reports whether a module's files are being worked on. The
// alternative is a copy that doesn't change: the standard library or a version
// in the module cache. The files of such a copy are compared too, but no files
// are added to it.
func (m *listedModule) editable() bool {
	return m != nil && (m.Main || m.Version == "" || m.Replace != nil && m.Replace.Version == "")
}

// debug returns the module as in the build information that go build puts into
// a program (see setBuildInfo in cmd/go/internal/load).
func (m *listedModule) debug() *debug.Module {
	d := &debug.Module{Path: m.Path, Version: m.Version}
	switch {
	case m.Replace != nil:
		d.Replace = m.Replace.debug()
	case m.Version != "":
		d.Sum = m.Sum
	}
	if d.Version == "" {
		d.Version = "(devel)"
	}
	return d
}

// knows reports whether a program with these imports can be built without
// calling go list.
func (g *graph) knows(paths []string) bool {
	return g.always != nil && !slices.ContainsFunc(paths, func(path string) bool { return !g.accepted[path] && !g.free(path) })
}

// free reports whether a package belongs to the standard library and may be
// imported by any package.
func (g *graph) free(path string) bool {
	p := g.packages[path]
	return p != nil && p.std && p.name != "main" && !slices.ContainsFunc(strings.Split(path, "/"), func(part string) bool {
		return part == "internal" || part == "vendor"
	})
}

// closure returns all packages of a program with these imports.
func (g *graph) closure(paths []string) (map[string]bool, error) {
	reached := map[string]bool{}
	return reached, errors.Join(g.reach(paths, reached), g.reach(g.always, reached))
}

// reach adds packages, and everything that they import, to reached.
func (g *graph) reach(paths []string, reached map[string]bool) error {
	for _, path := range paths {
		if reached[path] {
			continue
		}
		p := g.packages[path]
		if p == nil {
			return declined("package %s is not known", path)
		}
		reached[path] = true
		if err := g.reach(p.imports, reached); err != nil {
			return err
		}
	}
	return nil
}

// holds reports whether the information on these packages is still valid.
func (g *graph) holds(packages map[string]bool) bool {
	if !g.settings.allSame() {
		return false
	}
	for path := range packages {
		if !g.packages[path].files.allSame() {
			return false
		}
	}
	return true
}

// modules returns the modules to which the packages belong.
func (g *graph) modules(packages map[string]bool) []*debug.Module {
	var all []*debug.Module
	for path := range packages {
		if m := g.packages[path].module; m != nil {
			all = append(all, m)
		}
	}
	slices.SortFunc(all, func(a, b *debug.Module) int { return strings.Compare(a.Path, b.Path) })
	return slices.CompactFunc(all, func(a, b *debug.Module) bool { return a.Path == b.Path })
}

// archives returns the lines of an importcfg file for the packages' archives.
func (g *graph) archives(packages map[string]bool) string {
	var b strings.Builder
	for _, path := range slices.Sorted(maps.Keys(packages)) {
		if archive := g.packages[path].archive; archive != "" {
			fmt.Fprintf(&b, "packagefile %s=%s\n", path, archive)
		}
	}
	return b.String()
}

// hasArchives reports whether the packages' archives exist.
func (g *graph) hasArchives(packages map[string]bool) bool {
	for path := range packages {
		if archive := g.packages[path].archive; archive != "" {
			if _, err := os.Stat(archive); err != nil {
				return false
			}
		}
	}
	return true
}

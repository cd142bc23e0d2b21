package cellbuild

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"example.com/speedup/kernel-helpers/base/atomicfile"
)

// If [Setting] names a folder, plans are also stored in files, so that a new
// kernel needn't start from scratch. A stored plan is checked like one in
// memory.

// maxAge is how long a plan may be used. Go's cache removes entries that were
// not used for five days; a daily go build and go list prevent that.
const maxAge = 24 * time.Hour

// stored is the form of a plan in a file.
type stored struct {
	Made     time.Time
	Modules  modules
	Std      stdNames
	Packages map[string]storedPackage
	Accepted map[string]bool
	Always   []string
	Settings storedFiles // module files

	Compile, Link, Environment []string
	Info                       string
	GoCommand                  string
	Toolchain                  storedFiles
	AnyWork                    bool // a go.work above the folder would apply
}

type storedPackage struct {
	Name, Archive string        `json:",omitempty"`
	Std           bool          `json:",omitempty"`
	Imports       []string      `json:",omitempty"`
	Module        *debug.Module `json:",omitempty"`
	Files         storedFiles
}

// storedFiles maps paths to the numbers of their states; missing files have
// none.
type storedFiles map[string][]int64

func storeFiles(f files) storedFiles {
	all := make(storedFiles, len(f))
	for path, s := range f {
		all[path] = nil
		if s.exists {
			all[path] = []int64{int64(s.dev), int64(s.ino), int64(s.mode), s.size, s.mtime, s.changed}
		}
	}
	return all
}

func (all storedFiles) files() files {
	f := make(files, len(all))
	for path, n := range all {
		f[path] = state{}
		if len(n) == 6 {
			f[path] = state{true, uint64(n[0]), uint64(n[1]), uint32(n[2]), n[3], n[4], n[5]}
		}
	}
	return f
}

// Tokens in the files represent what differs between kernels: the program's
// folder and its last element, which is also the module's name.
const (
	folderToken = `\u0001folder`
	nameToken   = `\u0001name`
	anyToken    = `\u0001`
)

// neutral replaces a folder and its name in JSON text by tokens.
func neutral(text []byte, dir string) []byte {
	text = bytes.ReplaceAll(text, inJSON(dir), []byte(folderToken))
	return bytes.ReplaceAll(text, inJSON(filepath.Base(dir)), []byte(nameToken))
}

// placed reverses neutral.
func placed(text []byte, dir string) []byte {
	text = bytes.ReplaceAll(text, []byte(folderToken), inJSON(dir))
	return bytes.ReplaceAll(text, []byte(nameToken), inJSON(filepath.Base(dir)))
}

// inJSON returns s as in a JSON string, without the quotation marks.
func inJSON(s string) []byte {
	text, _ := json.Marshal(s) // can't fail for a string
	return text[1 : len(text)-1]
}

// storable reports whether a folder's name is so special that it can't appear
// in a text by chance.
func storable(dir string) bool {
	name := filepath.Base(dir)
	return strings.HasPrefix(name, "gonb_") && len(name) > len("gonb_")+3
}

// planFile returns the name of a plan's file.
func planFile(folder, dir, key string, m modules) (string, error) {
	text, err := json.Marshal([]string{m["go.mod"], m["go.work"]})
	if err != nil {
		return "", fmt.Errorf("cellbuild: %w", err)
	}
	sum := sha256.Sum256(slices.Concat([]byte("1\x00"+key+"\x00"), neutral(text, dir)))
	return filepath.Join(folder, fmt.Sprintf("plan-%x.json", sum[:16])), nil
}

// loadPlan reads the plan for programs in dir from a folder.
func loadPlan(folder, dir, key string) (*plan, error) {
	m, err := readModules(dir)
	if err != nil {
		return nil, err
	}
	name, err := planFile(folder, dir, key, m)
	if err != nil {
		return nil, err
	}
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("cellbuild: %w", err)
	}
	var s stored
	if err := json.Unmarshal(placed(text, dir), &s); err != nil {
		return nil, fmt.Errorf("cellbuild: %s: %w", name, err)
	}
	info, err := debug.ParseBuildInfo(s.Info)
	if err != nil || len(s.Compile) == 0 || len(s.Link) == 0 {
		return nil, fmt.Errorf("cellbuild: %s: not a plan: %w", name, err)
	}
	p := &plan{
		made:    s.Made,
		modules: s.Modules,
		std:     s.Std,
		recipe: &recipe{
			compile: s.Compile, link: s.Link, info: info, settings: s.Environment,
			toolchain: toolchain{command: s.GoCommand, files: s.Toolchain.files(), anyWork: s.AnyWork},
		},
		graph: newGraph(),
	}
	if s.AnyWork {
		for _, path := range workAbove(dir) {
			p.recipe.toolchain.files[path] = state{}
		}
	}
	p.graph.always, p.graph.settings = s.Always, s.Settings.files()
	for path := range s.Accepted {
		p.graph.accepted[path] = true
	}
	for path, l := range s.Packages {
		p.graph.packages[path] = &pkg{l.Name, l.Archive, l.Std, l.Imports, l.Module, l.Files.files()}
	}
	return p, nil
}

// save writes the plan for programs in dir to a folder and removes old plans.
func (p *plan) save(folder, dir, key string) error {
	s := stored{
		Made: p.made, Modules: p.modules, Std: p.std,
		Packages: make(map[string]storedPackage, len(p.graph.packages)),
		Accepted: p.graph.accepted, Always: p.graph.always, Settings: storeFiles(p.graph.settings),
		Compile: p.recipe.compile, Link: p.recipe.link, Environment: p.recipe.settings, Info: p.recipe.info.String(),
		GoCommand: p.recipe.toolchain.command, Toolchain: storeFiles(p.recipe.toolchain.files), AnyWork: p.recipe.toolchain.anyWork,
	}
	if s.AnyWork {
		for _, path := range workAbove(dir) {
			delete(s.Toolchain, path)
		}
	}
	for path, l := range p.graph.packages {
		s.Packages[path] = storedPackage{l.name, l.archive, l.std, l.imports, l.module, storeFiles(l.files)}
		for file := range l.files {
			if strings.HasPrefix(file, dir+string(filepath.Separator)) {
				return declined("package %s belongs to this kernel", path)
			}
		}
	}
	text, err := json.Marshal(s)
	if err != nil {
		return fmt.Errorf("cellbuild: %w", err)
	}
	if !storable(dir) || bytes.Contains(text, []byte(anyToken)) {
		return declined("%s", dir)
	}
	name, err := planFile(folder, dir, key, p.modules)
	if err != nil {
		return err
	}
	return errors.Join(writeFile(name, neutral(text, dir)), removeOld(folder))
}

// writeFile writes a file atomically, and creates its folder.
func writeFile(name string, text []byte) error {
	dir := filepath.Dir(name)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("cellbuild: %w", err)
	}
	if err := (atomicfile.Options{Temp: newPrefix + "*"}).WriteFile(name, text, 0o600); err != nil {
		return fmt.Errorf("cellbuild: %w", err)
	}
	return nil
}

// newPrefix is the start of the names of unfinished files.
const newPrefix = "new-"

// removeOld removes plans that are too old, and files that were never finished.
func removeOld(folder string) error {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return fmt.Errorf("cellbuild: %w", err)
	}
	for _, entry := range entries {
		name := entry.Name()
		if !strings.HasPrefix(name, "plan-") && !strings.HasPrefix(name, newPrefix) {
			continue
		}
		if info, err := entry.Info(); err == nil && time.Since(info.ModTime()) > maxAge {
			os.Remove(filepath.Join(folder, name)) // another kernel may have removed it
		}
	}
	return nil
}

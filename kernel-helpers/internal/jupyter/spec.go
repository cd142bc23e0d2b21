package jupyter

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// A Spec is an installed kernel, as described by its kernel.json.
type Spec struct {
	Name          string            `json:"-"`              // the name of its folder, in lower case
	Dir           string            `json:"-"`              // the folder that contains kernel.json
	Argv          []string          `json:"argv"`           // may contain {connection_file}, {resource_dir} and {prefix}
	DisplayName   string            `json:"display_name"`   // for users
	Language      string            `json:"language"`       // "go", "python", …
	InterruptMode string            `json:"interrupt_mode"` // "signal" or "message"
	Env           map[string]string `json:"env"`            // values may contain ${NAME}
	Metadata      json.RawMessage   `json:"metadata"`
}

// FindSpec returns the kernel spec with this name. Upper and lower case are
// equivalent. It searches folders first and then the folders that Jupyter
// searches; each of them contains folders with a kernel.json, as
// <venv>/share/jupyter/kernels does. If there is no such kernel, the error is a
// [*NoSpecError].
func FindSpec(name string, folders ...string) (Spec, error) {
	folders = append(slices.Clone(folders), specFolders()...)
	for _, folder := range folders {
		if dir, ok := specsIn(folder)[strings.ToLower(name)]; ok {
			return readSpec(dir)
		}
	}
	return Spec{}, &NoSpecError{Name: name, Searched: folders, Installed: installed(folders)}
}

// Specs returns every kernel spec that [FindSpec] finds, sorted by name. The
// error names the specs that couldn't be read.
func Specs(folders ...string) ([]Spec, error) {
	folders = append(slices.Clone(folders), specFolders()...)
	found := map[string]string{}
	for _, folder := range slices.Backward(folders) {
		maps.Copy(found, specsIn(folder))
	}
	var specs []Spec
	var errs []error
	for _, name := range slices.Sorted(maps.Keys(found)) {
		spec, err := readSpec(found[name])
		if err != nil {
			errs = append(errs, err)
			continue
		}
		specs = append(specs, spec)
	}
	return specs, errors.Join(errs...)
}

// A NoSpecError reports that no kernel spec of that name is installed.
type NoSpecError struct {
	Name      string
	Searched  []string // the folders searched, in order
	Installed []string // names of the installed specs
}

func (e *NoSpecError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "jupyter: no kernel %q is installed; ", e.Name)
	if len(e.Installed) == 0 {
		b.WriteString("there is no kernel at all")
	} else {
		b.WriteString("installed:" + strings.Join(e.Installed, ", "))
	}
	b.WriteString(". Searched these folders (JUPYTER_PATH, VIRTUAL_ENV and PATH add more):")
	for _, dir := range e.Searched {
		b.WriteString("\n  " + dir)
	}
	return b.String()
}

func readSpec(dir string) (Spec, error) {
	s := Spec{Name: strings.ToLower(filepath.Base(dir)), Dir: dir, InterruptMode: "signal"}
	raw, err := os.ReadFile(s.file())
	if err != nil {
		return Spec{}, fmt.Errorf("jupyter: read kernel spec: %w", err)
	}
	if err := json.Unmarshal(raw, &s); err != nil {
		return Spec{}, fmt.Errorf("jupyter: read kernel spec %s: %w", s.file(), err)
	}
	if s.InterruptMode != "signal" && s.InterruptMode != "message" {
		return Spec{}, fmt.Errorf("jupyter: kernel spec %s: interrupt_mode %q is neither signal nor message", s.file(), s.InterruptMode)
	}
	if len(s.Argv) == 0 {
		return Spec{}, fmt.Errorf("jupyter: kernel spec %s has no argv", s.file())
	}
	return s, nil
}

func (s Spec) file() string { return filepath.Join(s.Dir, "kernel.json") }

// prefix returns the folder <prefix> of <prefix>/share/jupyter/kernels/<name>.
func (s Spec) prefix() string { return filepath.Join(s.Dir, "..", "..", "..", "..") }

// specName is Jupyter's rule for names.
var specName = regexp.MustCompile(`^[a-z0-9._-]+$`)

// specsIn returns the folders of the kernel specs in folder, by name. A missing
// folder contains none.
func specsIn(folder string) map[string]string {
	specs := map[string]string{}
	entries, err := os.ReadDir(folder)
	if err != nil {
		return specs
	}
	for _, entry := range entries {
		name, dir := strings.ToLower(entry.Name()), filepath.Join(folder, entry.Name())
		if !specName.MatchString(name) {
			continue
		}
		if info, err := os.Stat(filepath.Join(dir, "kernel.json")); err == nil && info.Mode().IsRegular() {
			specs[name] = dir
		} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
			specs[name] = dir // reading it will report the error
		}
	}
	return specs
}

func installed(folders []string) []string {
	names := map[string]bool{}
	for _, folder := range folders {
		for name := range specsIn(folder) {
			names[name] = true
		}
	}
	return slices.Sorted(maps.Keys(names))
}

//go:build !browser

package lab

import (
	_ "embed"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// module is the path of this module, with a slash at its end.
var module = strings.TrimSuffix(reflect.TypeFor[thisPackage]().PkgPath(), "kernel-helpers/lab")

type thisPackage struct{}

// The folder of a package below kernel-helpers determines what it may import.
// Go itself forbids workloads, notebooks and other modules to import internal
// packages. The file cell-side.txt lists the packages that cells import.
var kernelSide = []string{"internal", "lab"}

// importedByGoNB are the packages of the kernel side that the patched GoNB
// imports.
var importedByGoNB = []string{"cell", "cellbuild"}

//go:embed cell-side.txt
var cellSideFile string

// cellSide holds the folders that cell-side.txt lists.
var cellSide = func() (folders []string) {
	for line := range strings.Lines(cellSideFile) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			folders = append(folders, line)
		}
	}
	return folders
}()

func TestTheReadmeNamesEveryCellSidePackage(t *testing.T) {
	readme, err := os.ReadFile(filepath.Join("..", "..", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	if len(cellSide) < 8 {
		t.Errorf("cell-side.txt: got %q, want at least 8 packages", cellSide)
	}
	for _, name := range cellSide {
		if _, err := os.Stat(filepath.Join("..", name)); err != nil {
			t.Errorf("cell-side.txt: %s: %v", name, err)
		}
		if !regexp.MustCompile(`\b` + name + `\b`).Match(readme) {
			t.Errorf("README.md: want %s, which cell-side.txt lists", name)
		}
	}
}

func TestImportsGoOneWay(t *testing.T) {
	for pkg, imports := range importsOfThisModule(t) {
		for _, imp := range imports {
			if why := forbidden(pkg, imp); why != "" {
				t.Errorf("%s imports %s: %s", pkg, imp, why)
			}
		}
	}
}

// forbidden returns the reason why pkg may not import imp, or "" if it may.
// Both paths are relative to the module.
func forbidden(pkg, imp string) string {
	switch from, to := side(pkg), side(imp); {
	case to == "cmd":
		return "commands are not imported"
	case strings.HasSuffix(imp, "test"):
		return "it is for tests only"
	case from == "gonb" && strings.HasPrefix(imp, "kernel-helpers/internal/"):
		return "the patched GoNB, which is another module, imports it and may not import internal packages"
	case from == "base" && to != "base":
		return "all packages import base, so base imports no other package of the module"
	case to == "base":
		return ""
	case from == "workloads" && to != "workloads":
		return "workloads do not depend on Jupyter or the helpers"
	case from == "cell" && (to == "kernel" || to == "gonb"):
		return "packages for cells do not depend on the kernel side"
	case from == "cell" && to == "workloads":
		return "packages for cells do not depend on the workloads"
	case from == "cell" && to == "cell" && imp != "kernel-helpers/display":
		return "packages for cells import only base and display"
	case from == "cmd" && to == "cell":
		return "commands are on the kernel side"
	}
	return ""
}

// side returns the group of packages that pkg belongs to.
func side(pkg string) string {
	parts := strings.Split(pkg, "/")
	if parts[0] == "workloads" {
		return "workloads"
	}
	if parts[0] != "kernel-helpers" || len(parts) < 2 {
		return "unknown"
	}
	if parts[1] == "base" {
		return "base"
	}
	if slices.Contains(importedByGoNB, parts[1]) {
		return "gonb"
	}
	if slices.Contains(cellSide, parts[1]) {
		return "cell"
	}
	if slices.Contains(kernelSide, parts[1]) {
		return "kernel"
	}
	if parts[1] == "cmd" {
		return "cmd"
	}
	return "unknown"
}

func TestEveryPackageBelongsToAGroup(t *testing.T) {
	for pkg := range importsOfThisModule(t) {
		if side(pkg) == "unknown" {
			t.Errorf("%s belongs to no group: add it to a list in imports_test.go", pkg)
		}
	}
}

// The package zmtp is the only one that uses zmq4, so that zmq4 can be replaced
// there.
func TestOnlyZMTPImportsZMQ4(t *testing.T) {
	for pkg, imports := range allImports(t) {
		for _, imp := range imports {
			if strings.HasPrefix(imp, "github.com/go-zeromq/") && pkg != module+"kernel-helpers/internal/zmtp" {
				t.Errorf("%s imports %s, want internal/zmtp", pkg, imp)
			}
		}
	}
}

// importsOfThisModule returns the packages of this module and the packages of
// this module that each imports. All paths are relative to the module.
func importsOfThisModule(t *testing.T) map[string][]string {
	t.Helper()
	found := map[string][]string{}
	for pkg, imports := range allImports(t) {
		pkg = strings.TrimPrefix(pkg, module)
		found[pkg] = nil
		for _, imp := range imports {
			if strings.HasPrefix(imp, module) {
				found[pkg] = append(found[pkg], strings.TrimPrefix(imp, module))
			}
		}
	}
	return found
}

// allImports returns the import paths of each package of this module, without
// those of tests.
func allImports(t *testing.T) map[string][]string {
	t.Helper()
	list := exec.CommandContext(t.Context(), "go", "list", "-f", `{{.ImportPath}} {{join .Imports " "}}`, "./...")
	list.Dir = filepath.Join("..", "..")
	out, err := list.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	found := map[string][]string{}
	for line := range strings.Lines(string(out)) {
		words := strings.Fields(line)
		found[words[0]] = words[1:]
	}
	return found
}

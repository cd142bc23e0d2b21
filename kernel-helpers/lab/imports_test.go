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

// The folder of a package below kernel-helpers decides what it may import. Go
// itself closes internal/ to workloads, notebooks and other modules. The file
// cell-side.txt names what cells import.
var kernelSide = []string{"internal", "lab"}

//go:embed cell-side.txt
var cellSideFile string

// cellSide holds the folders that cell-side.txt names.
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
		t.Errorf("cell-side.txt names %q, want at least 8 packages", cellSide)
	}
	for _, name := range cellSide {
		if _, err := os.Stat(filepath.Join("..", name)); err != nil {
			t.Errorf("cell-side.txt names %s: %v", name, err)
		}
		if !regexp.MustCompile(`\b` + name + `\b`).Match(readme) {
			t.Errorf("README.md does not name %s", name)
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

// forbidden returns why pkg may not import imp, or "" if it may. Both are
// relative to the module.
func forbidden(pkg, imp string) string {
	switch from, to := side(pkg), side(imp); {
	case to == "cmd":
		return "nothing imports a command"
	case strings.HasSuffix(imp, "test"):
		return "only tests import it"
	case from == "cellbuild" && strings.HasPrefix(imp, "kernel-helpers/internal/"):
		return "the patched GoNB, another module, imports cellbuild, and Go closes internal packages to it"
	case from == "base" && to != "base":
		return "everyone imports base, so it imports nothing of ours"
	case to == "base":
		return ""
	case from == "workloads" && to != "workloads":
		return "workloads say what is done and know nothing of Jupyter or the helpers"
	case from == "cell" && (to == "kernel" || to == "cellbuild"):
		return "the cell side knows nothing of the kernel side"
	case from == "cell" && to == "workloads":
		return "helpers of cells know nothing of the work that is done"
	case from == "cell" && to == "cell" && imp != "kernel-helpers/display":
		return "a cell-side package imports at most base and display"
	case from == "cmd" && to == "cell":
		return "commands stand on the kernel side"
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
	if parts[1] == "base" || parts[1] == "cellbuild" {
		return parts[1]
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

// The wire is one package, so that zmq4 can be replaced or worked around there.
func TestOnlyZMTPImportsZMQ4(t *testing.T) {
	for pkg, imports := range allImports(t) {
		for _, imp := range imports {
			if strings.HasPrefix(imp, "github.com/go-zeromq/") && pkg != module+"kernel-helpers/internal/zmtp" {
				t.Errorf("%s imports %s: want it to use internal/zmtp", pkg, imp)
			}
		}
	}
}

// importsOfThisModule returns the packages of this module and what each imports
// of it, all relative to the module.
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

// allImports returns the import paths that each package of this module imports,
// its tests left out.
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

//go:build !browser

package lab

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"example.com/speedup/kernel-helpers/cellbuild"
)

// A cell is its own module, which GoNB puts into a workspace with the checkout.
// Go then forbids it to import internal packages. So must the fast build, which
// runs the compiler itself.
func TestCellsCanImportNothingInternal(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds programs")
	}
	checkout, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("GOFLAGS", "")
	t.Setenv("GOWORK", "")
	t.Setenv("GOPROXY", "off")
	t.Setenv(cellbuild.Setting, "")
	dir := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	program := func(imports ...string) string {
		var b strings.Builder
		b.WriteString("package main\n\n")
		for _, path := range imports {
			fmt.Fprintf(&b, "import _ %q\n", path)
		}
		return b.String() + "\nfunc main() {}\n"
	}
	combined := func(cmd *exec.Cmd) ([]byte, error) { return cmd.CombinedOutput() }
	goBuild := func(flags ...string) (string, error) {
		cmd := exec.CommandContext(t.Context(), "go", append([]string{"build", "-o", "program"}, flags...)...)
		cmd.Dir = dir
		out, err := combined(cmd)
		return string(out), err
	}
	write("go.mod", "module gonb_test\n\ngo 1.26\n")
	write("go.work", fmt.Sprintf("go 1.26.0\n\nuse .\nuse %q\n", checkout))

	// The fast build, where it works at all, starts from a build with permitted
	// imports.
	write("main.go", program(module+"workloads/squares"))
	b := cellbuild.New(dir)
	watching, done := b.Watch(nil, combined)
	if out, err := goBuild(watching...); err != nil {
		t.Fatalf("go build of a cell: %v\n%s", err, out)
	}
	if err := done(); err != nil {
		t.Fatalf("watch go build: %v", err)
	}
	write("main.go", program(module+"workloads/squares")+"\nvar _ = 1\n")
	if err := b.Build(filepath.Join(dir, "program"), nil, combined); err != nil && runtime.GOOS == "linux" {
		t.Fatalf("fast build of a cell: %v", err)
	}

	for pkg := range importsOfThisModule(t) {
		if !strings.Contains(pkg, "/internal/") {
			continue
		}
		write("main.go", program(module+"workloads/squares", module+pkg))
		if err := b.Build(filepath.Join(dir, "program"), nil, combined); err == nil {
			t.Errorf("%s: the fast build permitted the import", pkg)
		}
		if out, err := goBuild(); err == nil || !strings.Contains(out, "use of internal package") {
			t.Errorf("%s: go build: got %v, %q; want use of internal package", pkg, err, out)
		}
	}
}

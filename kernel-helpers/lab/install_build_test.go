//go:build !browser && !notebooks

package lab_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestAnEditIsBuiltIntoItsProgram edits a file of each kind, and runs the
// programs that install.sh builds afterwards with the real Go. The checkout is
// a small one, in which GoNB is a program that prints its patch and the name in
// cellbuild.
func TestAnEditIsBuiltIntoItsProgram(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds programs with the real Go")
	}
	p := newPlace(t)
	p.realGo()
	p.write("kernel-helpers/cmd/nbrun/main.go", `package main

import (
	"fmt"

	"example.com/speedup/kernel-helpers/internal/jupyter"
)

func main() { fmt.Println(jupyter.Name, jupyter.Peers) }
`)
	p.write("kernel-helpers/internal/jupyter/jupyter.go", `package jupyter

import _ "embed"

//go:embed peers.py
var Peers string
`)
	p.write("kernel-helpers/internal/jupyter/name.go", "package jupyter\n\nconst Name = \"first\"\n")
	p.write("kernel-helpers/internal/jupyter/peers.py", "first")
	p.write("kernel-helpers/internal/gonb/gonb.go", `package gonb

import _ "embed"

//go:embed 01.patch
var Patch string
`)
	p.write("kernel-helpers/internal/gonb/01.patch", "first")
	p.write("kernel-helpers/cellbuild/build.go", "package cellbuild\n\nconst Name = \"first\"\n")
	p.write("kernel-helpers/stock/main.go", `package main

import (
	"fmt"

	"example.com/speedup/kernel-helpers/cellbuild"
)

var patch string

func main() { fmt.Println(patch, cellbuild.Name) }
`)
	p.write("kernel-helpers/cmd/gonb-build/main.go", `package main

import (
	"flag"
	"fmt"
	"os"
	"os/exec"

	"example.com/speedup/kernel-helpers/internal/gonb"
)

func main() {
	out := flag.String("o", "", "")
	flag.String("folder", "", "")
	flag.Parse()
	said, err := exec.Command("go", "build", "-ldflags", "-X main.patch="+gonb.Patch, "-o", *out, "./kernel-helpers/stock").CombinedOutput()
	if err != nil {
		fmt.Printf("%s%v\n", said, err)
		os.Exit(1)
	}
}
`)
	environment := p.realGoEnvironment()
	p.done(environment, "kernel", "--user")
	p.prints("nbrun", "first first")
	p.prints("gonb", "first first")
	for _, edit := range []struct{ kind, file, text, program, want string }{
		{"a Go file of a package that a command imports", "kernel-helpers/internal/jupyter/name.go", "package jupyter\n\nconst Name = \"second\"\n", "nbrun", "second first"},
		{"an embedded file of a command", "kernel-helpers/internal/jupyter/peers.py", "second", "nbrun", "second second"},
		{"a patch", "kernel-helpers/internal/gonb/01.patch", "second", "gonb", "second first"},
		{"a Go file that GoNB imports", "kernel-helpers/cellbuild/build.go", "package cellbuild\n\nconst Name = \"second\"\n", "gonb", "second second"},
	} {
		p.write(edit.file, edit.text)
		p.done(environment, "kernel", "--user")
		t.Run(edit.kind, func(t *testing.T) { p.prints(edit.program, edit.want) })
	}

	before := p.programs()
	p.done(environment, "kernel", "--user")
	for name, file := range p.programs() {
		if !os.SameFile(file, before[name]) {
			t.Errorf("bin/%s was rebuilt without an edit", name)
		}
	}
}

// realGo replaces the fake Go by the real one, except for gopls and Delve.
func (p *place) realGo() {
	p.t.Helper()
	path, err := exec.LookPath("go")
	must(p.t, err)
	p.fake("go", fmt.Sprintf("#!/usr/bin/env bash\ncase $1 in install) for last; do :; done; last=${last##*/}; last=$GOBIN/${last%%%%@*}; echo pinned >\"$last\"; chmod +x \"$last\"; exit ;; esac\nexec '%s' \"$@\"\n", path))
}

// realGoEnvironment returns the variables with which the real Go uses the
// caches of this test.
func (p *place) realGoEnvironment() []string {
	p.t.Helper()
	out, err := exec.Command("go", "env", "GOCACHE", "GOMODCACHE").Output()
	must(p.t, err)
	folders := strings.Fields(string(out))
	return []string{"GOCACHE=" + folders[0], "GOMODCACHE=" + folders[1], "JUPYTER_DATA_DIR=" + filepath.Join(p.home, "data"),
		"PATH=" + p.fakes + string(os.PathListSeparator) + os.Getenv("PATH")}
}

// prints checks the output of a program in bin/.
func (p *place) prints(program, want string) {
	p.t.Helper()
	out, err := exec.CommandContext(p.t.Context(), filepath.Join(p.checkout, "bin", program)).CombinedOutput()
	if got := strings.TrimSpace(string(out)); err != nil || got != want {
		p.t.Errorf("bin/%s: got %q, %v; want %q", program, got, err, want)
	}
}

// programs returns the files in bin/.
func (p *place) programs() map[string]os.FileInfo {
	p.t.Helper()
	files := map[string]os.FileInfo{}
	for _, name := range list(p.t, filepath.Join(p.checkout, "bin")) {
		info, err := os.Stat(filepath.Join(p.checkout, "bin", name))
		must(p.t, err)
		files[name] = info
	}
	return files
}

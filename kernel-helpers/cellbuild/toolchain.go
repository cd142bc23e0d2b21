package cellbuild

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"time"
)

// A toolchain records the go command, its tools and its settings.
type toolchain struct {
	command string // the go command found on PATH
	files   files
	anyWork bool // a go.work in a folder above the program's would apply
}

// readToolchain records the toolchain that built a program in dir with some
// tools.
func readToolchain(env goEnv, dir string, tools []string, began time.Time) (toolchain, error) {
	command, err := exec.LookPath("go")
	if err != nil {
		return toolchain{}, fmt.Errorf("cellbuild: %w", err)
	}
	t := toolchain{command, files{}, env.GOWORK == ""}
	paths := append(tools, command, filepath.Join(env.GOROOT, "VERSION"), filepath.Join(env.GOROOT, "go.env"))
	if env.GOENV != "" && env.GOENV != "off" {
		paths = append(paths, env.GOENV)
	}
	if t.anyWork {
		paths = append(paths, workAbove(dir)...)
	}
	for _, path := range paths {
		if err := t.files.add(path, began); err != nil {
			return toolchain{}, err
		}
	}
	return t, nil
}

// same reports whether the toolchain is unchanged.
func (t toolchain) same() bool {
	command, err := exec.LookPath("go")
	return err == nil && command == t.command && t.files.allSame()
}

// workAbove returns the paths of go.work in all folders above dir.
func workAbove(dir string) (paths []string) {
	for parent := filepath.Dir(dir); ; parent = filepath.Dir(parent) {
		paths = append(paths, filepath.Join(parent, "go.work"))
		if parent == filepath.Dir(parent) {
			return paths
		}
	}
}

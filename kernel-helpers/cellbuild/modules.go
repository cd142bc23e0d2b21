package cellbuild

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// modules maps the names of a folder's module files to their texts.
type modules map[string]string

func readModules(dir string) (modules, error) {
	m := modules{}
	for _, name := range []string{"go.mod", "go.work", "go.sum", "go.work.sum"} {
		text, err := os.ReadFile(filepath.Join(dir, name))
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("cellbuild: %w", err)
		}
		m[name] = string(text)
	}
	return m, nil
}

// grownTo reports whether other is the same except for additional checksums,
// which the go command and goimports add by themselves.
func (m modules) grownTo(other modules) bool {
	for _, name := range []string{"go.mod", "go.work"} {
		if m[name] != other[name] {
			return false
		}
	}
	for _, name := range []string{"go.sum", "go.work.sum"} {
		if m[name] == other[name] {
			continue
		}
		there := map[string]bool{}
		for line := range strings.Lines(other[name]) {
			there[line] = true
		}
		for line := range strings.Lines(m[name]) {
			if !there[line] {
				return false
			}
		}
	}
	return true
}

func (b *Builder) modulesChanged(p *plan) bool {
	now, err := readModules(b.dir)
	return err != nil || !p.modules.grownTo(now)
}

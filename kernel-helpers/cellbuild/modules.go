package cellbuild

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
)

// modules are the module files of a folder: their texts by their names.
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

// sameButSums reports whether the module files say the same. The go command
// adds sums by itself.
func (m modules) sameButSums(other modules) bool {
	return m["go.mod"] == other["go.mod"] && m["go.work"] == other["go.work"]
}

func (b *Builder) modulesChanged(p *plan) bool {
	now, err := readModules(b.dir)
	return err != nil || !maps.Equal(now, p.modules)
}

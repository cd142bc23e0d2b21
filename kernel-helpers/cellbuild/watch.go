package cellbuild

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// A watch is a go build that is being watched.
type watch struct {
	dir, notes string
	flags      []string // for the build
	began      time.Time
	env        goEnv
	before     modules
}

// watcher is a shell script that cmd/go runs in place of each tool, followed by
// the tool and its arguments ($1 is the folder for notes). It records the
// arguments of compiler and linker, and then executes the tool. It is a script
// because a program of ours would take longer to start.
const watcher = `notes=$1
shift
case ${1##*/}:$2 in
*:-V=*) ;;
compile:* | link:*)
	printf '%s\0' "$@" >"$notes/${1##*/}.$$"
	before=
	for word; do
		case ${1##*/}:$before in
		link:-importcfg) cp "$word" "$notes/importcfg.$$" ;;
		esac
		before=$word
	done
	;;
esac
exec "$@"
`

// watchFlags prepares the folder for notes and returns the flags with which a
// go build fills it.
func watchFlags(notes string) ([]string, error) {
	if err := os.RemoveAll(notes); err != nil {
		return nil, fmt.Errorf("cellbuild: %w", err)
	}
	if err := os.MkdirAll(notes, 0o700); err != nil {
		return nil, fmt.Errorf("cellbuild: %w", err)
	}
	script := filepath.Join(notes, "watcher.sh")
	if err := os.WriteFile(script, []byte(watcher), 0o600); err != nil {
		return nil, fmt.Errorf("cellbuild: %w", err)
	}
	a, ok := quote(script)
	b, ok2 := quote(notes)
	if !ok || !ok2 {
		return nil, declined("folder %s", notes)
	}
	return []string{"-toolexec", "sh " + a + " " + b}, nil
}

func newWatch(dir string, run Runner) (*watch, error) {
	w := &watch{dir: dir, notes: filepath.Join(dir, workFolder, "notes"), began: time.Now()}
	var err error
	if w.env, err = readEnv(dir, run); err != nil {
		return nil, err
	}
	if w.before, err = readModules(dir); err != nil {
		return nil, err
	}
	w.flags, err = watchFlags(w.notes)
	return w, err
}

// plan makes a plan from the notes.
func (w *watch) plan() (*plan, error) {
	r, err := readRecipe(w.notes, w.dir)
	if err = errors.Join(err, os.RemoveAll(w.notes)); err != nil {
		return nil, err
	}
	r.settings = w.env.tools
	if r.toolchain, err = readToolchain(w.env, w.dir, []string{r.compile[0], r.link[0]}, w.began); err != nil {
		return nil, err
	}
	std, err := readStd(w.env.GOROOT)
	if err != nil {
		return nil, fmt.Errorf("cellbuild: find the standard library: %w", err)
	}
	now, err := readModules(w.dir)
	if err == nil && !w.before.grownTo(now) {
		err = declined("the modules changed")
	}
	return &plan{made: w.began, modules: now, recipe: r, graph: newGraph(), std: std}, err
}

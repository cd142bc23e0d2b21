package cellbuild

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"time"
)

// A Runner runs a command and returns its output. The caller of a [Builder]
// provides it, so that an interrupt can end the command.
type Runner func(*exec.Cmd) ([]byte, error)

// A Builder builds the programs of one folder.
type Builder struct {
	dir     string
	plans   map[string]*plan // by flags and environment
	watched map[string]int   // number of unsuccessfully watched builds, by flags and environment
}

// A plan is what is kept for certain flags in a certain environment.
type plan struct {
	made    time.Time
	modules modules
	recipe  *recipe
	graph   *graph
	std     stdNames
}

// New returns a Builder for dir, an absolute path. It keeps its files in
// dir/.cellbuild.
func New(dir string) *Builder {
	return &Builder{dir: dir, plans: map[string]*plan{}, watched: map[string]int{}}
}

// Imports returns the imports that main.go would have after goimports. It
// reports false if they are not certain from what the Builder knows. If the
// imports turn out to be wrong, Build fails.
func (b *Builder) Imports(flags []string) ([]Import, bool) {
	p := b.plan(flags)
	if p == nil {
		return nil, false
	}
	program, err := readProgram(b.dir)
	if err != nil {
		return nil, false
	}
	return program.complete(func(path string) string {
		if found := p.graph.packages[path]; found != nil {
			return found.name
		}
		return assumedName(path)
	}, p.std)
}

// Build builds main.go as `go build -o out flags…` would. If it returns an
// error, out is unchanged, and the caller should run go build.
func (b *Builder) Build(out string, flags []string, run Runner) error {
	p := b.plan(flags)
	if p == nil {
		return declined("no go build has been watched")
	}
	program, err := readProgram(b.dir)
	if err != nil {
		return err
	}
	if err := onlySource(b.dir); err != nil {
		return err
	}
	for range 2 {
		if !p.graph.knows(program.paths()) {
			if err := b.learn(p, flags, program, run); err != nil {
				return err
			}
		}
		holds, err := b.make(p, out, program, run)
		if errors.Is(err, errRecipe) {
			b.drop(flags, p)
		}
		if holds {
			return err
		}
		p.graph = newGraph()
	}
	return declined("packages keep changing during the build")
}

// learn adds go list's information on the program to the plan.
func (b *Builder) learn(p *plan, flags []string, program *program, run Runner) error {
	if err := p.graph.learn(b.dir, flags, program, run); err != nil {
		return err
	}
	if b.modulesChanged(p) {
		p.graph = newGraph()
		return declined("the modules changed")
	}
	b.keep(flags, p)
	return nil
}

// make compiles and links the program, and meanwhile checks whether the
// packages are unchanged. If they have changed, holds is false and the result
// must be discarded.
func (b *Builder) make(p *plan, out string, program *program, run Runner) (holds bool, err error) {
	packages, err := p.graph.closure(program.paths())
	if err != nil {
		return false, err
	}
	work := filepath.Join(b.dir, workFolder)
	if err := os.MkdirAll(work, 0o700); err != nil {
		return true, fmt.Errorf("cellbuild: %w", err)
	}
	info, err := writeInfo(p.recipe.info, p.graph.modules(packages))
	if err != nil {
		return true, errors.Join(err, errRecipe)
	}
	config := p.graph.archives(packages)
	for name, text := range map[string]string{"importcfg": config, "importcfg.link": config + info} {
		if err := os.WriteFile(filepath.Join(work, name), []byte(text), 0o600); err != nil {
			return true, fmt.Errorf("cellbuild: %w", err)
		}
	}
	looked := make(chan bool, 1)
	go func() { looked <- p.graph.holds(packages) }() // ends by itself; its result is received below
	id := identity(program.text, []byte(config), []byte(strings.Join(p.recipe.compile, "\x00")), []byte(strings.Join(p.recipe.link, "\x00")))
	err = b.run(p.recipe, p.recipe.compile, id, run)
	if !<-looked {
		return false, nil
	}
	if err == nil {
		err = b.run(p.recipe, p.recipe.link, id, run)
		if exit, ok := errors.AsType[*exec.ExitError](err); ok && exit.Exited() {
			err = errors.Join(err, errRecipe) // errors in programs are for the compiler to report
		}
	}
	made := filepath.Join(work, programName)
	if err != nil {
		os.Remove(made) // an interrupted linker may leave a partial file
		// The cache may have been emptied in the meantime.
		return p.graph.hasArchives(packages), err
	}
	if err := os.Rename(made, out); err != nil {
		return true, fmt.Errorf("cellbuild: %w", errors.Join(err, os.Remove(made)))
	}
	return true, nil
}

// errRecipe is wrapped by errors after which a recipe may be wrong.
var errRecipe = errors.New("the next go build will be watched")

// run runs one of a recipe's commands.
func (b *Builder) run(r *recipe, args []string, id string, run Runner) error {
	args = fill(args, filepath.Join(b.dir, workFolder), id)
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Dir = b.dir
	cmd.Env = slices.Concat(cmd.Environ(), r.settings, toolMemory)
	out, err := run(cmd)
	if err != nil {
		return fmt.Errorf("cellbuild: %s: %w\n%s", filepath.Base(args[0]), err, out)
	}
	return nil
}

// toolMemory makes the compiler and the linker collect no garbage until they
// are large, because they end soon. That saves 5 to 10 % of their time.
var toolMemory = []string{"GOGC=off", "GOMEMLIMIT=768MiB"}

// workFolder is the folder with the builder's files, inside the program's
// folder. The go command ignores folders whose names begin with a dot.
const workFolder = ".cellbuild"

// identity returns a build ID that go build never uses, so that it never
// mistakes our program for one of its own.
func identity(parts ...[]byte) string {
	h := sha256.New()
	fmt.Fprintln(h, reflect.TypeFor[Builder]().PkgPath())
	for _, part := range parts {
		fmt.Fprintln(h, len(part))
		h.Write(part)
	}
	return base64.RawURLEncoding.EncodeToString(h.Sum(nil)[:15]) // as long as go's IDs
}

// maxWatched is the number of unsuccessfully watched builds after which a
// Builder stops watching.
const maxWatched = 3

// Watch prepares to watch a go build of main.go, if that is useful. It returns
// flags to add to the build. Call done if the build succeeds.
func (b *Builder) Watch(flags []string, run Runner) (watching []string, done func() error) {
	done = func() error { return nil }
	if !canTrack || os.Getenv(Setting) == off || b.plan(flags) != nil || b.watched[key(flags)] == maxWatched {
		return nil, done
	}
	if _, err := readProgram(b.dir); err != nil || onlySource(b.dir) != nil || checkFlags(flags) != nil {
		return nil, done
	}
	w, err := newWatch(b.dir, run)
	if err != nil {
		b.watched[key(flags)]++
		return nil, func() error { return err }
	}
	return w.flags, func() error {
		p, err := w.plan()
		switch {
		case err == nil:
			b.keep(flags, p)
		case !errors.Is(err, errCached): // a cached build says nothing about the commands
			b.watched[key(flags)]++
		}
		return err
	}
}

// Setting is the name of an environment variable. If it is "off", builders do
// nothing. If it is the absolute path of a folder, they store what they know
// there, for later builders; otherwise they keep it in memory only. A cell can
// set it:
//
//	%env SPEEDUP_CELLBUILD off
const Setting = "SPEEDUP_CELLBUILD"

const off = "off"

// plan returns the plan for the flags in the current environment, or nil.
func (b *Builder) plan(flags []string) *plan {
	setting := os.Getenv(Setting)
	if setting == off || !canTrack {
		return nil
	}
	k := key(flags)
	if p := b.plans[k]; p != nil {
		if b.holds(p) {
			return p
		}
		delete(b.plans, k)
		delete(b.watched, k)
	}
	if filepath.IsAbs(setting) {
		if p, err := loadPlan(setting, b.dir, k); err == nil && b.holds(p) {
			b.plans[k] = p
			return p
		}
	}
	return nil
}

// holds reports whether a plan is still valid, apart from its packages.
func (b *Builder) holds(p *plan) bool {
	return time.Since(p.made) < maxAge && !b.modulesChanged(p) && p.recipe.toolchain.same()
}

// keep keeps a plan and stores it for later builders.
func (b *Builder) keep(flags []string, p *plan) {
	k := key(flags)
	b.plans[k] = p
	if setting := os.Getenv(Setting); filepath.IsAbs(setting) {
		_ = p.save(setting, b.dir, k) // if it can't be stored, later builders find out themselves
	}
}

// drop removes a plan, including the stored one.
func (b *Builder) drop(flags []string, p *plan) {
	k := key(flags)
	delete(b.plans, k)
	if setting := os.Getenv(Setting); filepath.IsAbs(setting) {
		if name, err := planFile(setting, b.dir, k, p.modules); err == nil {
			_ = os.Remove(name) // a plan that remains will be found to be wrong again
		}
	}
}

// key returns everything other than files on which commands and packages
// depend.
func key(flags []string) string {
	return strings.Join(flags, "\x00") + "\x00\x00" + strings.Join(environment(), "\x00")
}

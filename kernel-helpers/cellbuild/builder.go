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

// Runner runs a command and returns what it wrote. The caller of a [Builder]
// says how, so that an interrupt can end it.
type Runner func(*exec.Cmd) ([]byte, error)

// Builder builds the programs of one folder.
type Builder struct {
	dir     string
	plans   map[string]*plan // by flags and environment
	watched map[string]int   // how often builds were watched in vain
}

// plan is what is kept for some flags in some environment.
type plan struct {
	made    time.Time
	modules modules
	recipe  *recipe
	graph   *graph
	std     stdNames
}

// New makes a Builder for dir, an absolute path. It keeps its files in a folder
// .cellbuild there.
func New(dir string) *Builder {
	return &Builder{dir: dir, plans: map[string]*plan{}, watched: map[string]int{}}
}

// Imports returns the imports that main.go would have after goimports, if that
// is plain to see from what is known. They can turn out wrong: then Build fails.
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
// error, it didn't, and nothing has changed: the caller runs go build.
func (b *Builder) Build(out string, flags []string, run Runner) error {
	p := b.plan(flags)
	if p == nil {
		return declined("no go build was watched")
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
	return declined("packages change while they are built")
}

// learn asks go list about the program.
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

// make compiles and links the program, and meanwhile looks whether the packages
// are what they were. If they are not, it doesn't matter what came of it.
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
	go func() { looked <- p.graph.holds(packages) }() // ends by itself, and is waited for
	id := identity(program.text, []byte(config), []byte(strings.Join(p.recipe.compile, "\x00")), []byte(strings.Join(p.recipe.link, "\x00")))
	err = b.run(p.recipe, p.recipe.compile, id, run)
	if !<-looked {
		return false, nil
	}
	if err == nil {
		err = b.run(p.recipe, p.recipe.link, id, run)
		if exit, ok := errors.AsType[*exec.ExitError](err); ok && exit.Exited() {
			err = errors.Join(err, errRecipe) // Errors in programs are for the compiler to find.
		}
	}
	made := filepath.Join(work, programName)
	if err != nil {
		os.Remove(made) // A linker that was ended leaves a part of it, or nothing.
		// The cache may have been wiped meanwhile.
		return p.graph.hasArchives(packages), err
	}
	if err := os.Rename(made, out); err != nil {
		return true, fmt.Errorf("cellbuild: %w", errors.Join(err, os.Remove(made)))
	}
	return true, nil
}

// errRecipe says that a recipe may be wrong.
var errRecipe = errors.New("the next go build is watched again")

// run runs one of the commands of a recipe.
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

// toolMemory has compiler and linker collect no garbage until they are large:
// they end soon. It takes 5 to 10 % off their time.
var toolMemory = []string{"GOGC=off", "GOMEMLIMIT=768MiB"}

// workFolder is where the builder's files are, below the program's folder. The
// go command doesn't look into folders with such names.
const workFolder = ".cellbuild"

// identity is a build ID that go build gives to no program: so it never takes
// ours for one of its own.
func identity(parts ...[]byte) string {
	h := sha256.New()
	fmt.Fprintln(h, reflect.TypeFor[Builder]().PkgPath())
	for _, part := range parts {
		fmt.Fprintln(h, len(part))
		h.Write(part)
	}
	return base64.RawURLEncoding.EncodeToString(h.Sum(nil)[:15]) // as long as go's
}

// maxWatched is how many builds are watched in vain before it's given up.
const maxWatched = 3

// Watch prepares for seeing how a go build of main.go goes, if that is of use. It
// returns flags to give to it. done is called when the build has succeeded.
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
		case !errors.Is(err, errCached): // Of that there was nothing to be learned.
			b.watched[key(flags)]++
		}
		return err
	}
}

// Setting is the environment variable that says whether builders work, "off" or
// not, and where they leave what they know to later ones: the absolute path of a
// folder. Without it, they forget. A cell can set it: %env SPEEDUP_CELLBUILD off
const Setting = "SPEEDUP_CELLBUILD"

const off = "off"

// plan returns what is kept for the flags in the present environment, or nil.
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

// holds reports whether a plan can be used, as far as it isn't about packages.
func (b *Builder) holds(p *plan) bool {
	return time.Since(p.made) < maxAge && !b.modulesChanged(p) && p.recipe.toolchain.same()
}

// keep keeps a plan, and leaves it to others.
func (b *Builder) keep(flags []string, p *plan) {
	k := key(flags)
	b.plans[k] = p
	if setting := os.Getenv(Setting); filepath.IsAbs(setting) {
		_ = p.save(setting, b.dir, k) // If it can't be left to others, they find out for themselves.
	}
}

// drop forgets a plan, also for others.
func (b *Builder) drop(flags []string, p *plan) {
	k := key(flags)
	delete(b.plans, k)
	if setting := os.Getenv(Setting); filepath.IsAbs(setting) {
		if name, err := planFile(setting, b.dir, k, p.modules); err == nil {
			_ = os.Remove(name) // What stays will be found wrong again.
		}
	}
}

// key is what commands and packages depend on, besides files.
func key(flags []string) string {
	return strings.Join(flags, "\x00") + "\x00\x00" + strings.Join(environment(), "\x00")
}

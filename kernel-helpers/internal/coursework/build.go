package coursework

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

// The limits of a compilation, for answers that would compile for ever.
var compileLimits = limits{CPU: 20, Memory: 6 << 30, FileSize: 256 << 20, Files: 256}

const compileTime = 40 * time.Second

// program is a test program under construction in a private folder.
type program struct {
	dir       string
	kit       *kit
	sandbox   *sandbox
	startTime time.Duration // until the first test
	testTime  time.Duration // of one test
	hidden    []string      // tests whose messages shall tell no values
	noRules   bool

	// slow, if set, is called when a test has run out of time, so that what
	// still takes long takes nobody's turn.
	slow     func(context.Context) error
	yielding bool
}

// compile compiles one exercise with the given answers. If it can't be, the
// problems say why. Several exercises may be compiled at the same time.
func (p *program) compile(ctx context.Context, e *Exercise, answers []Code) (problems []Problem, compiled bool, err error) {
	dir := filepath.Join(p.dir, e.Name)
	if err := os.Mkdir(dir, 0o700); err != nil {
		return nil, false, fmt.Errorf("coursework: %w", err)
	}
	var cases []string
	for _, c := range e.Cases {
		cases = append(cases, c.Name)
	}
	order := compileOrder{
		Exercise: e.Name, Package: "answer/" + e.Name,
		Shared: e.Shared, Answers: answers, Tests: e.Tests, Cases: cases, Forbid: e.Forbid,
		Harness: harnessPath, Archives: p.kit.archives,
		Compiler: filepath.Join(p.kit.tools, "compile"), Flags: append(p.kit.compileFlags(), "-trimpath", dir+"=>"),
		Dir: dir, Out: p.archive(e.Name), NoRules: p.noRules,
	}
	input, err := json.Marshal(order)
	if err != nil {
		return nil, false, fmt.Errorf("coursework: %w", err)
	}
	out, stopped, err := p.tool(ctx, dir, input)
	if stopped {
		return []Problem{{Kind: Refused, Text: "compiling this answer takes more time or memory than any answer needs"}}, false, nil
	}
	var reply compileReply
	_, fails := errors.AsType[*exec.ExitError](err)
	if err == nil {
		err = json.Unmarshal(out, &reply)
		fails = err != nil
	}
	switch {
	case err == nil:
	case !fails, ctx.Err() != nil, strings.Contains(err.Error(), syscall.ENOSPC.Error()):
		return nil, false, fmt.Errorf("coursework: compile %s: %w", e.Name, err)
	default: // an answer that breaks the compiler stops nobody else's
		return []Problem{{Kind: Refused, Text: "the compiler fails at this answer: " + limit(err.Error(), 500)}}, false, nil
	}
	return reply.Problems, reply.Compiled, nil
}

// archive is the file that an exercise is compiled to.
func (p *program) archive(exercise string) string { return filepath.Join(p.dir, exercise, "pkg.a") }

// link makes the program of exercises that were compiled and returns its file.
func (p *program) link(ctx context.Context, exercises ...string) (string, error) {
	dir, err := os.MkdirTemp(p.dir, ".main")
	if err != nil {
		return "", fmt.Errorf("coursework: %w", err)
	}
	var main, config strings.Builder
	fmt.Fprintf(&main, "package main\n\nimport (\n\t%q\n", harnessPath)
	for path, archive := range p.kit.archives {
		fmt.Fprintf(&config, "packagefile %s=%s\n", path, archive)
	}
	for _, name := range exercises {
		fmt.Fprintf(&main, "\t_ \"answer/%s\"\n", name)
		fmt.Fprintf(&config, "packagefile answer/%s=%s\n", name, p.archive(name))
	}
	main.WriteString(")\n\nfunc main() { harness.Main() }\n")
	object, out := filepath.Join(dir, "main.a"), filepath.Join(dir, "tests")
	fmt.Fprintf(&config, "packagefile main=%s\n", object)
	for name, text := range map[string]string{"main.go": main.String(), "importcfg": config.String()} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			return "", fmt.Errorf("coursework: %w", err)
		}
	}
	compile := slices.Concat([]string{filepath.Join(p.kit.tools, "compile"), "-o", object, "-p", "main", "-importcfg", filepath.Join(dir, "importcfg")}, p.kit.compileFlags(), []string{filepath.Join(dir, "main.go")})
	if _, _, err := p.tool(ctx, p.dir, nil, compile...); err != nil {
		return "", fmt.Errorf("coursework: compile the test program: %w", err)
	}
	link := slices.Concat([]string{filepath.Join(p.kit.tools, "link"), "-o", out, "-importcfg", filepath.Join(dir, "importcfg")}, p.kit.linkFlags(), []string{object})
	switch _, stopped, err := p.tool(ctx, p.dir, nil, link...); {
	case stopped:
		return "", errTooLarge
	case err != nil && (strings.Contains(err.Error(), "too much data") || strings.Contains(err.Error(), syscall.EFBIG.Error())):
		return "", errTooLarge
	case err != nil:
		return "", fmt.Errorf("coursework: link the test program: %w", err)
	}
	return out, p.open(dir)
}

// open lets the user who runs answers reach the test program below dir, and this
// program beside it; names of folders can't be listed.
func (p *program) open(dir string) error {
	if p.sandbox.as == nil {
		return nil
	}
	for _, d := range []string{p.dir, dir} {
		if err := os.Chmod(d, passable); err != nil {
			return fmt.Errorf("coursework: %w", err)
		}
	}
	info, err := os.Stat(p.sandbox.self)
	if err != nil {
		return fmt.Errorf("coursework: %w", err)
	}
	if _, err := os.Stat(p.self()); err == nil || info.Mode()&0o005 == 0o005 && os.Link(p.sandbox.self, p.self()) == nil {
		return nil
	}
	text, err := os.ReadFile(p.sandbox.self)
	if err == nil {
		err = os.WriteFile(p.self(), text, 0o755)
	}
	if err != nil {
		return fmt.Errorf("coursework: %w", err)
	}
	return nil
}

// self is a file of this program that the user who runs answers can reach.
func (p *program) self() string {
	if p.sandbox.as == nil {
		return p.sandbox.self
	}
	return filepath.Join(p.dir, ".self")
}

// errTooLarge says that an answer can be compiled and not be linked.
var errTooLarge = errors.New("coursework: link the test program: it takes more time, or its variables more memory, than any answer needs")

// tool runs a tool in the sandbox, where it may write to dir. stopped says that
// it went over a limit.
func (p *program) tool(ctx context.Context, dir string, input []byte, argv ...string) (out []byte, stopped bool, err error) {
	out, err = retry(ctx, func() ([]byte, error) {
		var out []byte
		var err error
		out, stopped, err = p.toolOnce(ctx, dir, input, argv...)
		return out, err
	})
	return out, stopped, err
}

func (p *program) toolOnce(ctx context.Context, dir string, input []byte, argv ...string) (out []byte, stopped bool, err error) {
	limited, cancel := context.WithTimeout(ctx, compileTime)
	cmd, err := p.sandbox.command(limited, launch{
		reach: reach{read: []string{p.kit.goroot, p.kit.cache, p.dir}, write: []string{dir}},
		self:  p.sandbox.self, limits: compileLimits, env: []string{"GOGC=200"}, argv: argv,
	})
	if err != nil {
		cancel()
		return nil, false, err
	}
	cmd.Stdin = bytes.NewReader(input)
	stdout, stderr := &bounded{most: 4 << 20}, &bounded{most: 64 << 10}
	cmd.Stdout, cmd.Stderr = stdout, stderr
	w := newWatched(cmd, cancel)
	if err := w.start(); err != nil {
		return nil, false, err
	}
	err = w.wait()
	switch {
	case ctx.Err() != nil:
		return nil, false, context.Cause(ctx)
	case limited.Err() != nil && errors.Is(limited.Err(), context.DeadlineExceeded), w.stopped() != "", killed(err),
		err != nil && strings.Contains(stderr.String(), "out of memory"), err != nil && strings.Contains(stderr.String(), "cannot allocate memory"),
		err != nil && strings.Contains(stderr.String(), "stack overflow"), err != nil && strings.Contains(stderr.String(), "signal: killed"):
		return nil, true, nil
	case err != nil && strings.HasPrefix(stderr.String(), "bwrap: "):
		return nil, false, &errSandbox{said: strings.TrimSpace(stderr.String())}
	case err != nil:
		return nil, false, fmt.Errorf("%w: %s", err, strings.TrimSpace(stderr.String()))
	}
	return []byte(stdout.String()), false, nil
}

// killed tells whether a signal ended a program, also one in the sandbox, for
// which bubblewrap exits with 128 and the signal's number.
func killed(err error) bool {
	exit, ok := errors.AsType[*exec.ExitError](err)
	return ok && (!exit.Exited() || exit.ExitCode() > 128)
}

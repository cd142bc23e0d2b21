package grader

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

	"example.com/speedup/kernel-helpers/internal/coursework/course"
	"example.com/speedup/kernel-helpers/internal/coursework/grader/compile"
	"example.com/speedup/kernel-helpers/internal/coursework/sandbox"
	"example.com/speedup/kernel-helpers/internal/coursework/untrusted"
)

// compileLimits stop answers that would compile for ever. The compiler and the linker
// wait for nothing, so processor time tells whether an answer is to blame. On a busy
// machine the wall clock says nothing.
var compileLimits = sandbox.Limits{CPU: 20, Memory: 6 << 30, FileSize: 256 << 20, Files: 256}

// maxToolOutput is how many bytes of standard output a tool may print.
var maxToolOutput = 4 << 20

const (
	compileTime   = 10 * time.Minute // of one run of the compiler or the linker, should it hang
	maxToolErrors = 64 << 10         // bytes of standard error
	maxFailure    = 500              // bytes of a compiler's failure that a student sees
)

// builder makes a test program in a workspace.
type builder struct {
	workspace *sandbox.Workspace
	kit       *compile.Kit
	noRules   bool
	blind     bool // tests don't know what is wanted
}

// compile compiles one exercise with the given answers. If that fails, the
// problems say why. Several exercises may be compiled at the same time.
func (b *builder) compile(ctx context.Context, e *course.Exercise, answers []course.Code) (problems []course.Problem, compiled bool, err error) {
	dir := filepath.Join(b.workspace.Dir, e.Name)
	if err := os.Mkdir(dir, 0o700); err != nil {
		return nil, false, err
	}
	var cases []string
	for _, c := range e.Cases {
		cases = append(cases, c.Name)
	}
	var stubs []course.Code
	for _, a := range e.Answers {
		stubs = append(stubs, a.Stub())
	}
	order, err := json.Marshal(compile.Order{
		Exercise: e.Name, Package: "answer/" + e.Name,
		Shared: e.Shared, Answers: answers, Stubs: stubs, Tests: e.Tests, Cases: cases, Forbid: e.Forbid,
		Harness: compile.HarnessPath(), Probe: compile.ProbePath(), Archives: b.kit.Archives,
		Compiler: filepath.Join(b.kit.Tools, "compile"), Flags: append(b.kit.CompileFlags(), "-trimpath", dir+"=>"),
		Dir: dir, Out: b.archive(e.Name), NoRules: b.noRules, Blind: b.blind,
	})
	if err != nil {
		return nil, false, err
	}
	out, stopped, err := b.tool(ctx, dir, order)
	if stopped {
		return []course.Problem{{Kind: course.Refused, Text: "compiling this answer takes more time or memory than any answer needs"}}, false, nil
	}
	var reply compile.Reply
	_, fails := errors.AsType[*exec.ExitError](err)
	if err == nil {
		err = json.Unmarshal(out, &reply)
		fails = err != nil
	}
	switch {
	case err == nil:
	case !fails, ctx.Err() != nil, strings.Contains(err.Error(), syscall.ENOSPC.Error()):
		return nil, false, fmt.Errorf("compile %s: %w", e.Name, err)
	default: // an answer that breaks the compiler must not stop the grading of others
		return []course.Problem{{Kind: course.Refused, Text: "the compiler fails on this answer: " + untrusted.Truncate(err.Error(), maxFailure)}}, false, nil
	}
	return reply.Problems, reply.Compiled, nil
}

// archive returns the file that an exercise is compiled to.
func (b *builder) archive(exercise string) string {
	return filepath.Join(b.workspace.Dir, exercise, "pkg.a")
}

// link makes the test program of compiled exercises and returns its file.
func (b *builder) link(ctx context.Context, exercises ...string) (string, error) {
	dir, err := os.MkdirTemp(b.workspace.Dir, ".main")
	if err != nil {
		return "", err
	}
	var main, config strings.Builder
	fmt.Fprintf(&main, "package main\n\nimport (\n\t%q\n", compile.HarnessPath())
	for path, archive := range b.kit.Archives {
		fmt.Fprintf(&config, "packagefile %s=%s\n", path, archive)
	}
	for _, name := range exercises {
		fmt.Fprintf(&main, "\t_ \"answer/%s\"\n", name)
		fmt.Fprintf(&config, "packagefile answer/%s=%s\n", name, b.archive(name))
	}
	main.WriteString(")\n\nfunc main() { harness.Main() }\n")
	source, importcfg := filepath.Join(dir, "main.go"), filepath.Join(dir, "importcfg")
	object, program := filepath.Join(dir, "main.a"), filepath.Join(dir, "tests")
	fmt.Fprintf(&config, "packagefile main=%s\n", object)
	if err := errors.Join(os.WriteFile(source, []byte(main.String()), 0o600), os.WriteFile(importcfg, []byte(config.String()), 0o600)); err != nil {
		return "", err
	}
	compiler, linker := filepath.Join(b.kit.Tools, "compile"), filepath.Join(b.kit.Tools, "link")
	compileMain := slices.Concat([]string{compiler, "-o", object, "-p", "main", "-importcfg", importcfg}, b.kit.CompileFlags(), []string{source})
	if _, _, err := b.tool(ctx, b.workspace.Dir, nil, compileMain...); err != nil {
		return "", fmt.Errorf("compile the test program: %w", err)
	}
	linkMain := slices.Concat([]string{linker, "-o", program, "-importcfg", importcfg}, b.kit.LinkFlags(), []string{object})
	switch _, stopped, err := b.tool(ctx, b.workspace.Dir, nil, linkMain...); {
	case stopped:
		return "", errTooLarge
	case err != nil && (strings.Contains(err.Error(), "too much data") || strings.Contains(err.Error(), syscall.EFBIG.Error())):
		return "", errTooLarge
	case err != nil:
		return "", fmt.Errorf("link the test program: %w", err)
	}
	return program, b.workspace.Publish(dir)
}

// errTooLarge reports that an answer compiles but can't be linked.
var errTooLarge = errors.New("link the test program: it takes more time, or its variables more memory, than any answer needs")

// tool runs the compiler or the linker in the sandbox, where it may write to dir.
// Without arguments it runs compile.Task. stopped means that it exceeded a limit.
func (b *builder) tool(ctx context.Context, dir string, input []byte, argv ...string) (out []byte, stopped bool, err error) {
	out, err = sandbox.Retry(ctx, b.workspace.Sandbox, func() ([]byte, error) {
		var out []byte
		var err error
		out, stopped, err = b.toolOnce(ctx, dir, input, argv...)
		return out, err
	})
	return out, stopped, err
}

func (b *builder) toolOnce(ctx context.Context, dir string, input []byte, argv ...string) (out []byte, stopped bool, err error) {
	limited, cancel := context.WithTimeout(ctx, compileTime)
	defer cancel()
	c := sandbox.Command{
		Argv: argv, Limits: compileLimits, Env: []string{"GOGC=200"},
		Read: []string{b.kit.Goroot, b.kit.Cache, b.workspace.Dir}, Write: []string{dir},
	}
	if len(argv) == 0 {
		c.Task = compile.TaskName
	}
	p, err := b.workspace.Prepare(limited, c)
	if err != nil {
		return nil, false, err
	}
	p.Cmd.Stdin = bytes.NewReader(input)
	stdout, stderr := &sandbox.Output{Max: maxToolOutput}, &sandbox.Output{Max: maxToolErrors}
	p.Cmd.Stdout, p.Cmd.Stderr = stdout, stderr
	if err := p.Start(); err != nil {
		return nil, false, err
	}
	err = p.Wait()
	said := stderr.String()
	switch {
	case ctx.Err() != nil:
		return nil, false, context.Cause(ctx)
	case limited.Err() != nil, p.Stopped() != "", killed(err), err != nil && ranOut(said):
		return nil, true, nil
	case err != nil && sandbox.FailedSetup(said):
		return nil, false, sandbox.NewSetupError(said)
	case err != nil && strings.Contains(said, syscall.ENOSPC.Error()):
		return nil, false, noSpace(b.workspace.Dir)
	case err != nil:
		return nil, false, fmt.Errorf("%w: %s", err, strings.TrimSpace(said))
	}
	return []byte(stdout.String()), false, nil
}

// noSpace returns the error for a full disk, which is nobody's answer's fault.
func noSpace(workspace string) error {
	return fmt.Errorf("%w in %s: free some space, or set TMPDIR to a folder with space, then run the same command again", syscall.ENOSPC, filepath.Dir(workspace))
}

// killed reports whether a signal ended a program. For a program in the sandbox,
// bubblewrap exits with 128 plus the signal's number.
func killed(err error) bool {
	exit, ok := errors.AsType[*exec.ExitError](err)
	return ok && (!exit.Exited() || exit.ExitCode() > 128)
}

// ranOut reports whether a tool's standard error says that it lacked memory.
func ranOut(stderr string) bool {
	return slices.ContainsFunc([]string{"out of memory", "cannot allocate memory", "stack overflow", "signal: killed"}, func(sign string) bool {
		return strings.Contains(stderr, sign)
	})
}

package coursework

import (
	"bytes"
	"errors"
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// compileOrder is what one exercise is compiled from. It is carried out by this
// program itself, started again in the sandbox: what reads foreign source has
// limits, like what runs it.
type compileOrder struct {
	Exercise string
	Package  string // import path
	Shared   []Code
	Answers  []Code
	Tests    Code
	Cases    []string
	Forbid   []string
	Harness  string            // import path; "" for answers without tests
	Archives map[string]string // of every package that cells may import
	Compiler string
	Flags    []string
	Dir      string // where files are written
	Out      string // the archive to make
	NoRules  bool   // tests of the sandbox: let cheats through
}

// compileReply is what came of it.
type compileReply struct {
	Problems []Problem
	Compiled bool
}

// testImports are the packages that goimports would add to a test cell, besides
// those of answers.
var testImports = []string{"os", "testing", "testing/synctest", "time"}

// carryOut holds the answers against the rules and compiles the exercise. Its
// reply is short, however long the names are that it is about.
func (o *compileOrder) carryOut() (*compileReply, error) {
	reply, err := o.rulesAndCompiler()
	if err != nil {
		return nil, err
	}
	for i := range reply.Problems {
		p := &reply.Problems[i]
		p.Cell, p.Text = limit(p.Cell, 100), limit(p.Text, 1000)
	}
	return reply, nil
}

func (o *compileOrder) rulesAndCompiler() (*compileReply, error) {
	files := o.files()
	fset := token.NewFileSet()
	var parsed, answers []*ast.File
	for _, f := range files {
		if f.part == partTests {
			continue
		}
		file, err := parser.ParseFile(fset, f.name, f.text, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return &compileReply{Problems: syntaxProblems(err)}, nil
		}
		parsed = append(parsed, file)
		if f.part == partAnswer {
			answers = append(answers, file)
		}
	}
	r := &rules{fset: fset, forbid: o.Forbid, reserved: o.reserved(), shared: o.sharedImports()}
	if !o.NoRules {
		for _, f := range answers {
			r.text(f)
		}
		if len(r.problems) > 0 {
			return &compileReply{Problems: r.problems}, nil
		}
	}
	pkg, info, problems := o.check(fset, parsed)
	if len(problems) > 0 {
		return &compileReply{Problems: problems}, nil
	}
	if !o.NoRules {
		r.uses(answers, info, pkg)
		if len(r.problems) > 0 {
			return &compileReply{Problems: r.problems}, nil
		}
	}
	return o.compile(files)
}

type part int

const (
	partShared part = iota
	partAnswer
	partTests
)

type sourceFile struct {
	part part
	name string
	text string
}

// files makes Go files of the cells.
func (o *compileOrder) files() (files []sourceFile) {
	declaredBy := map[string]map[string]bool{} // cell -> names
	all := slices.Concat(o.Shared, o.Answers, []Code{o.Tests})
	for _, c := range all {
		declaredBy[c.Cell] = map[string]bool{}
		for name := range declaredIn(c) {
			declaredBy[c.Cell][name] = true
		}
	}
	const pkg = "answer"
	add := func(p part, c Code, known map[string][]string) {
		elsewhere := map[string]bool{}
		for cell, names := range declaredBy {
			// What an answer declares is nothing to the course's cells.
			if cell != c.Cell && (p == partAnswer || !o.isAnswer(cell)) {
				for name := range names {
					elsewhere[name] = true
				}
			}
		}
		files = append(files, sourceFile{part: p, name: c.Cell + ".go", text: asFile(pkg, c, known, elsewhere)})
	}
	answerNames := knownNames(slices.Collect(allowedPaths(o.Forbid)))
	testNames := o.testNames()
	for _, c := range o.Shared {
		add(partShared, c, testNames)
	}
	for _, c := range o.Answers {
		add(partAnswer, c, answerNames)
	}
	if o.Harness != "" {
		add(partTests, o.Tests, testNames)
		var reg strings.Builder
		fmt.Fprintf(&reg, "package %s\n\nimport speedupHarness %q\n\nfunc init() {\n\tspeedupHarness.Add(%q,\n", pkg, o.Harness, o.Exercise)
		for _, c := range o.Cases {
			fmt.Fprintf(&reg, "\t\tspeedupHarness.Test{Name: %q, F: %s},\n", c, c)
		}
		reg.WriteString("\t)\n}\n")
		files = append(files, sourceFile{part: partTests, name: ".register.go", text: reg.String()})
	}
	return files
}

// isAnswer tells whether a cell is one that the student wrote.
func (o *compileOrder) isAnswer(cell string) bool {
	return slices.ContainsFunc(o.Answers, func(c Code) bool { return c.Cell == cell })
}

// testNames are the packages that the course's own cells use without an import.
func (o *compileOrder) testNames() map[string][]string {
	paths := slices.Collect(allowedPaths(nil))
	for path := range o.Archives {
		if slices.Contains(testImports, path) {
			paths = append(paths, path)
		}
	}
	return knownNames(slices.Compact(slices.Sorted(slices.Values(paths))))
}

// sharedImports are the packages that the shared cells name.
func (o *compileOrder) sharedImports() (paths []string) {
	for _, c := range o.Shared {
		paths = append(paths, importsOf(c)...)
	}
	return paths
}

// declaredIn returns what a cell declares for the package, and how.
func declaredIn(c Code) map[string]bool {
	names := map[string]bool{}
	_, file, err := parseCell(c, parser.SkipObjectResolution)
	if err != nil {
		return names
	}
	for _, d := range file.Decls {
		for _, id := range declared(d) {
			names[id.Name] = true
		}
	}
	return names
}

// reserved are the names that answers may not declare.
func (o *compileOrder) reserved() map[string]string {
	names := map[string]string{"speedupHarness": "the grader"}
	for _, c := range append(slices.Clone(o.Shared), o.Tests) {
		for name := range declaredIn(c) {
			if name != "_" && name != "init" {
				names[name] = c.Cell
			}
		}
	}
	// A name for the whole package would stand in the way of an import.
	packages := o.testNames()
	for _, c := range append(slices.Clone(o.Shared), o.Tests) {
		for _, path := range importsOf(c) {
			names[packageName(path)] = "a package that its cells import"
		}
		_, file, err := parseCell(c, 0)
		if err != nil {
			continue
		}
		for name := range selected(file) {
			if packages[name] != nil {
				names[name] = "a package that its cells use"
			}
		}
	}
	names["testing"] = "a package that its cells use"
	return names
}

func allowedPaths(forbid []string) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		for path := range allowedImports {
			if !slices.Contains(forbid, path) && !yield(path) {
				return
			}
		}
	}
}

// mostProblems is how many problems of a kind are told of an answer: the first is
// worth most.
const mostProblems = 10

// check finds out what names stand for, without the tests: an answer can't use
// what only they declare.
func (o *compileOrder) check(fset *token.FileSet, files []*ast.File) (*types.Package, *types.Info, []Problem) {
	info := &types.Info{Uses: map[*ast.Ident]types.Object{}, Types: map[ast.Expr]types.TypeAndValue{}, Instances: map[*ast.Ident]types.Instance{}}
	var problems []Problem
	conf := types.Config{
		Importer: importer.ForCompiler(fset, "gc", func(path string) (io.ReadCloser, error) {
			archive := o.Archives[path]
			if archive == "" {
				return nil, fmt.Errorf("the package %s is not there", path)
			}
			return os.Open(archive)
		}),
		Error: func(err error) {
			var e types.Error
			if errors.As(err, &e) && len(problems) < mostProblems && !strings.HasPrefix(e.Msg, "\t") {
				p := fset.Position(e.Pos)
				problems = append(problems, Problem{Kind: Compile, Cell: cellOf(p.Filename), Line: p.Line, Text: e.Msg})
			}
		},
	}
	pkg, err := conf.Check(o.Package, fset, files, info)
	if err != nil && len(problems) == 0 {
		problems = append(problems, Problem{Kind: Compile, Text: err.Error()})
	}
	return pkg, info, problems
}

func syntaxProblems(err error) (problems []Problem) {
	for line := range strings.Lines(err.Error()) {
		if p, ok := located(strings.TrimSpace(line)); ok {
			problems = append(problems, p)
		}
		break
	}
	if len(problems) == 0 {
		problems = append(problems, Problem{Kind: Compile, Text: err.Error()})
	}
	return problems
}

// compile runs the compiler.
func (o *compileOrder) compile(files []sourceFile) (*compileReply, error) {
	args := slices.Concat([]string{"-o", o.Out, "-p", o.Package, "-importcfg", filepath.Join(o.Dir, "importcfg")}, o.Flags)
	var config strings.Builder
	for path, archive := range o.Archives {
		fmt.Fprintf(&config, "packagefile %s=%s\n", path, archive)
	}
	if err := os.WriteFile(filepath.Join(o.Dir, "importcfg"), []byte(config.String()), 0o600); err != nil {
		return nil, err
	}
	for _, f := range files {
		name := filepath.Join(o.Dir, f.name)
		if err := os.WriteFile(name, []byte(f.text), 0o600); err != nil {
			return nil, err
		}
		args = append(args, name)
	}
	cmd := exec.Command(o.Compiler, args...)
	cmd.Env = append(os.Environ(), "GOGC=400")
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	if err == nil {
		return &compileReply{Compiled: true}, nil
	}
	if exit, ok := errors.AsType[*exec.ExitError](err); !ok || !exit.Exited() {
		return nil, fmt.Errorf("compiler: %w", err)
	}
	reply := &compileReply{}
	hidden := hiddenLines(o.Tests.Text)
	for line := range strings.Lines(out.String()) {
		p, ok := located(strings.TrimSpace(line))
		if !ok || len(reply.Problems) == mostProblems {
			continue
		}
		if p.Cell == o.Tests.Cell {
			text := p.Text
			if hidden(p.Line) {
				text, p.Line = "a hidden test doesn't fit this answer", 0
			}
			p.Text = text + " (has a signature been changed, or a name been used that the tests use?)"
		}
		reply.Problems = append(reply.Problems, p)
	}
	if len(reply.Problems) == 0 {
		return nil, fmt.Errorf("compiler: %w: %s", err, strings.TrimSpace(out.String()))
	}
	return reply, nil
}

// compilerLine matches /cell/pool:12:3: message, and testdata-like names without root.
var compilerLine = regexp.MustCompile(`^(?:\S*` + cellRoot + `)?([^:\s]+):(\d+)(?::\d+)?: (.*)$`)

// located reads a message of the compiler.
func located(line string) (Problem, bool) {
	m := compilerLine.FindStringSubmatch(line)
	if m == nil {
		return Problem{}, false
	}
	n, err := strconv.Atoi(m[2])
	return Problem{Kind: Compile, Cell: m[1], Line: n, Text: m[3]}, err == nil
}

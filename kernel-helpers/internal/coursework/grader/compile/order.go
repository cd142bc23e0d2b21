package compile

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"example.com/speedup/kernel-helpers/internal/coursework/course"
	"example.com/speedup/kernel-helpers/internal/coursework/untrusted"
)

// TaskName names [Task] in the sandbox.
const TaskName = "compile"

// Task reads an Order, carries it out and writes the Reply. It is a
// sandbox.Task.
func Task(order io.Reader, reply io.Writer) error {
	var o Order
	if err := json.NewDecoder(order).Decode(&o); err != nil {
		return fmt.Errorf("read the order: %w", err)
	}
	r, err := o.carryOut()
	if err != nil {
		return err
	}
	return json.NewEncoder(reply).Encode(r)
}

// The longest texts of a Reply, in bytes: an answer's names may be much longer.
const (
	maxCell    = 100
	maxProblem = 1000
)

// carryOut checks the answers and compiles the exercise.
func (o *Order) carryOut() (*Reply, error) {
	reply, err := o.checkAndCompile()
	if err != nil {
		return nil, err
	}
	for i := range reply.Problems {
		p := &reply.Problems[i]
		p.Cell, p.Text = untrusted.Truncate(p.Cell, maxCell), untrusted.Truncate(p.Text, maxProblem)
	}
	return reply, nil
}

func (o *Order) checkAndCompile() (*Reply, error) {
	notes := o.borrow()
	if o.Blind {
		o.Tests = blind(o.Tests, o.Probe)
	}
	o.Tests = observed(o.Tests, o.Probe)
	o.renameHidden()
	files := o.files()
	fset := token.NewFileSet()
	var parsed, answers []*ast.File
	for _, f := range files {
		if f.part == testPart {
			continue
		}
		file, err := parser.ParseFile(fset, f.name, f.text, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return &Reply{Problems: []course.Problem{o.explain(syntaxProblem(err))}}, nil
		}
		parsed = append(parsed, file)
		if f.part == answerPart {
			answers = append(answers, file)
		}
	}
	r := &rules{fset: fset, forbid: o.Forbid, reserved: o.reserved(), shared: o.sharedImports()}
	if !o.NoRules {
		for _, f := range answers {
			r.checkText(f)
		}
		if len(r.problems) > 0 {
			return &Reply{Problems: r.problems}, nil
		}
	}
	pkg, info, problems := o.checkTypes(fset, parsed)
	if len(problems) > 0 {
		for i := range problems {
			problems[i] = o.explain(problems[i])
		}
		return &Reply{Problems: problems}, nil
	}
	if !o.NoRules {
		r.checkUses(answers, info, pkg)
		if len(r.problems) > 0 {
			return &Reply{Problems: r.problems}, nil
		}
	}
	calls, fresh := o.freshen(fset, files, answers, info)
	notes = append(notes, fresh...)
	files = append(files, sourceFile{part: testPart, name: ".register.go", text: o.registration(calls)})
	reply, err := o.compile(files)
	if err == nil {
		reply.Problems = append(notes, reply.Problems...)
	}
	return reply, err
}

// files makes Go files of the cells.
func (o *Order) files() (files []sourceFile) {
	declaredBy := map[string]map[string]bool{} // cell -> names
	for _, c := range slices.Concat(o.Shared, o.Answers, []course.Code{o.Tests}) {
		declaredBy[c.Cell] = declaredIn(c)
	}
	add := func(p part, c course.Code, known map[string][]string) {
		elsewhere := map[string]bool{}
		for cell, names := range declaredBy {
			// The course's cells can't use what an answer declares.
			if cell != c.Cell && (p == answerPart || !o.isAnswer(cell)) {
				maps.Copy(elsewhere, names)
			}
		}
		files = append(files, sourceFile{part: p, name: c.Cell + ".go", text: asFile(packageClause, c, known, elsewhere)})
	}
	answerPackages := byName(slices.Collect(allowedPaths(o.Forbid)))
	testPackages := o.testPackages()
	for _, c := range o.Shared {
		add(sharedPart, c, testPackages)
	}
	for _, c := range o.Answers {
		add(answerPart, c, answerPackages)
	}
	add(testPart, o.Tests, testPackages)
	return files
}

// testPackages returns the packages that the course's own cells may use without
// an import, by package name.
func (o *Order) testPackages() map[string][]string {
	paths := slices.Collect(allowedPaths(nil))
	for path := range o.Archives {
		if slices.Contains(testImports, path) {
			paths = append(paths, path)
		}
	}
	return byName(slices.Compact(slices.Sorted(slices.Values(paths))))
}

// sharedImports returns the packages that the shared cells import.
func (o *Order) sharedImports() (paths []string) {
	for _, c := range o.Shared {
		paths = append(paths, c.Imports()...)
	}
	return paths
}

// reserved returns the names that answers may not declare, with what declares
// them.
func (o *Order) reserved() map[string]string {
	const imported, used = "a package that its cells import", "a package that its cells use"
	names := map[string]string{}
	for _, name := range granted {
		names[name] = "the grader"
	}
	ours := append(slices.Clone(o.Shared), o.Tests)
	for _, c := range ours {
		for name := range declaredIn(c) {
			if name != "_" && name != "init" {
				names[name] = c.Cell
			}
		}
	}
	// A package-level name would shadow an import of the same name.
	packages := o.testPackages()
	for _, c := range ours {
		for _, path := range c.Imports() {
			names[packageName(path)] = imported
		}
		_, file, err := c.Parse(0)
		if err != nil {
			continue
		}
		for name := range selectors(file) {
			if packages[name] != nil {
				names[name] = used
			}
		}
	}
	names["testing"] = used
	return names
}

// checkTypes type-checks the files without the tests, whose names an answer can't
// use.
func (o *Order) checkTypes(fset *token.FileSet, files []*ast.File) (*types.Package, *types.Info, []course.Problem) {
	info := &types.Info{Defs: map[*ast.Ident]types.Object{}, Uses: map[*ast.Ident]types.Object{}, Types: map[ast.Expr]types.TypeAndValue{}, Instances: map[*ast.Ident]types.Instance{}}
	var problems []course.Problem
	conf := types.Config{
		Importer: importer.ForCompiler(fset, "gc", func(path string) (io.ReadCloser, error) {
			archive := o.Archives[path]
			if archive == "" {
				return nil, fmt.Errorf("the package %s is not available", path)
			}
			return os.Open(archive)
		}),
		Error: func(err error) {
			var e types.Error
			if errors.As(err, &e) && len(problems) < MaxProblems && !strings.HasPrefix(e.Msg, "\t") {
				p := fset.Position(e.Pos)
				problems = append(problems, course.Problem{Kind: course.Compile, Cell: cellOf(p.Filename), Line: p.Line, Text: e.Msg})
			}
		},
	}
	pkg, err := conf.Check(o.Package, fset, files, info)
	if err != nil && len(problems) == 0 {
		problems = append(problems, course.Problem{Kind: course.Compile, Text: err.Error()})
	}
	return pkg, info, problems
}

// compile runs the compiler.
func (o *Order) compile(files []sourceFile) (*Reply, error) {
	importcfg := filepath.Join(o.Dir, "importcfg")
	args := slices.Concat([]string{"-o", o.Out, "-p", o.Package, "-importcfg", importcfg}, o.Flags)
	var config strings.Builder
	for path, archive := range o.Archives {
		fmt.Fprintf(&config, "packagefile %s=%s\n", path, archive)
	}
	if err := os.WriteFile(importcfg, []byte(config.String()), 0o600); err != nil {
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
		return &Reply{Compiled: true}, nil
	}
	if exit, ok := errors.AsType[*exec.ExitError](err); !ok || !exit.Exited() {
		return nil, fmt.Errorf("compiler: %w", err)
	}
	reply := &Reply{}
	hidden := o.Tests.HiddenLines()
	for line := range strings.Lines(out.String()) {
		p, found := parseMessage(strings.TrimSpace(line))
		if !found || len(reply.Problems) == MaxProblems {
			continue
		}
		if p.Cell != o.Tests.Cell {
			reply.Problems = append(reply.Problems, p)
			continue
		}
		if misfits := o.misfits(); len(misfits) > 0 {
			return &Reply{Problems: misfits}, nil
		}
		text := p.Text
		if q := o.explain(p); q.Text != text {
			q.Cell, q.Line = o.Answers[0].Cell, 0
			if !slices.Contains(reply.Problems, q) {
				reply.Problems = append(reply.Problems, q)
			}
			continue
		}
		if hidden(p.Line) {
			text, p.Line = "a hidden test doesn't compile with this answer", 0
		}
		p.Text = text + " (did you change a signature, or declare a name that the tests use?)"
		reply.Problems = append(reply.Problems, p)
	}
	if len(reply.Problems) == 0 {
		return nil, fmt.Errorf("compiler: %w: %s", err, strings.TrimSpace(out.String()))
	}
	return reply, nil
}

// Command coursework makes, releases, checks and grades assignments on
// concurrency. Run it with --help.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"syscall"

	"golang.org/x/term"

	"example.com/speedup/kernel-helpers/internal/coursework"
)

const usage = `coursework makes, releases, checks and grades assignments on concurrency, in
nbgrader's course layout.

For students
  coursework check [FILE.ipynb] [EXERCISE]
        Runs the visible tests on the notebook as it is saved, by the rules of
        grading. In a notebook: !coursework check

For teachers, in the course's folder or with --course DIR
  coursework new DIR              makes a course, with one assignment to begin with
                                  (within the checkout: write ./DIR)
  coursework new NAME             adds an assignment, in a course's folder or with --course
  coursework verify [NAME ...]    holds the tests against the reference solution,
                                  the stub and every mutant
  coursework release NAME         makes release/NAME without solutions and hidden tests
  coursework handout DIR          copies the checkout for students: with what was
                                  released, without solutions, hidden tests and notes
  coursework collect NAME FILE ...
                                  puts handed-in STUDENT.ipynb or .zip files into submitted/
  coursework grade NAME [STUDENT ...]
                                  grades what is in submitted/, into results/, grades.csv
                                  and nbgrader's gradebook
  coursework feedback NAME [STUDENT ...]
                                  writes feedback/ from the results, with the points and
                                  comments in nbgrader's gradebook, which gets the results
  coursework export [NAME ...]    prints the grades as CSV, of all assignments or these

Options
  --course DIR           the course (default: this folder, else notebooks/coursework
                         of the checkout)
  --json                 print results as JSON (all but new and release)
  --parallel N           grade, verify: so many submissions or answers at once
                         (default: one a processor, at most 8)
  --again                grade: also what has a result of the same inputs; collect:
                         replace what students have handed in by a class's zip file
  --no-gradebook         grade, feedback: leave nbgrader's gradebook alone
  --times N              verify: run the reference solution so often
  --unsafe-no-sandbox    grade and verify: run answers with nothing around them.
                         They can then read what you can read
  --help                 print this

Answers are graded apart from any kernel: built with the course's tests under
the race detector, and run without a network in a sandbox (bubblewrap), within
limits of time, memory, processes and output. A grade that was stopped goes on
where it was when it's run again. Due dates and what late days cost stand in the
course's coursework.json. Exit status: 0 well, 1 something failed (check: a test
did not pass), 2 wrong usage.
`

// settings are what the command line says.
type settings struct {
	command     string
	course      string
	json        bool
	parallel    int
	again       bool
	noGradebook bool
	times       int
	unsafe      bool
	args        []string
}

// errUsage says that the command line is wrong.
type errUsage string

func (e errUsage) Error() string { return string(e) }

func usageError(format string, args ...any) error { return errUsage(fmt.Sprintf(format, args...)) }

// commands are what the program does, by name.
var commands = map[string]func(ctx context.Context, s settings, out *output) error{
	"check":    check,
	"collect":  collect,
	"export":   export,
	"feedback": feedback,
	"grade":    grade,
	"handout":  handout,
	"new":      create,
	"release":  release,
	"verify":   verify,
}

func main() {
	coursework.Child() // in the sandbox, this program is what it starts first
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

func run(ctx context.Context, args []string, stdout, stderr *os.File) int {
	s, err := parse(args)
	if errors.Is(err, flag.ErrHelp) {
		fmt.Fprint(stdout, usage)
		return 0
	}
	if err == nil {
		command := commands[s.command]
		out := &output{stdout: stdout, stderr: stderr, json: s.json, colour: term.IsTerminal(int(stdout.Fd())), live: term.IsTerminal(int(stderr.Fd()))}
		err = command(ctx, s, out)
	}
	switch _, wrong := errors.AsType[errUsage](err); {
	case err == nil:
		return 0
	case wrong:
		fmt.Fprintf(stderr, "coursework: %v; see coursework --help\n", err)
		return 2
	case errors.Is(err, errNotWell):
		return 1
	case ctx.Err() != nil:
		fmt.Fprintln(stderr, "coursework: stopped"+goesOn[s.command])
		return 1
	}
	fmt.Fprintln(stderr, err)
	return 1
}

// goesOn says what follows when a command was stopped, where that isn't clear.
var goesOn = map[string]string{
	"grade":   "; the same command goes on from here",
	"collect": "; what was taken stays: run the same command again (for a class's zip file, with --again)",
}

// errNotWell says that the command has done its work and found something amiss,
// which it has printed.
var errNotWell = errors.New("not well")

// parse reads the command line; options may stand after arguments.
func parse(args []string) (settings, error) {
	var s settings
	flags := flag.NewFlagSet("coursework", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.StringVar(&s.course, "course", "", "")
	flags.BoolVar(&s.json, "json", false, "")
	flags.IntVar(&s.parallel, "parallel", 0, "")
	flags.BoolVar(&s.again, "again", false, "")
	flags.BoolVar(&s.noGradebook, "no-gradebook", false, "")
	flags.IntVar(&s.times, "times", 1, "")
	flags.BoolVar(&s.unsafe, "unsafe-no-sandbox", false, "")
	for {
		if err := flags.Parse(args); errors.Is(err, flag.ErrHelp) {
			return s, err
		} else if err != nil {
			return s, usageError("%v", err)
		}
		if flags.NArg() == 0 {
			break
		}
		s.args = append(s.args, flags.Arg(0))
		args = flags.Args()[1:]
	}
	if len(s.args) == 0 {
		return s, usageError("a command is missing")
	}
	s.command, s.args = s.args[0], s.args[1:]
	if commands[s.command] == nil {
		return s, usageError("unknown command %s", s.command)
	}
	var wrong error
	flags.Visit(func(f *flag.Flag) {
		switch {
		case !slices.Contains(optionsOf[f.Name], s.command):
			wrong = usageError("%s takes no --%s", s.command, f.Name)
		case f.Name == "parallel" && s.parallel < 1, f.Name == "times" && s.times < 1:
			wrong = usageError("--%s is at least 1", f.Name)
		}
	})
	return s, wrong
}

// optionsOf are the commands that each option is for.
var optionsOf = map[string][]string{
	"course":            {"new", "verify", "release", "handout", "collect", "grade", "feedback", "export"},
	"json":              {"check", "verify", "handout", "collect", "grade", "feedback", "export"},
	"parallel":          {"verify", "grade"},
	"again":             {"collect", "grade"},
	"no-gradebook":      {"grade", "feedback"},
	"times":             {"verify"},
	"unsafe-no-sandbox": {"verify", "grade"},
}

// open opens the course.
func (s settings) open() (*coursework.Course, error) {
	dir := s.course
	if dir == "" {
		dir = "."
		if _, err := os.Stat(coursework.CourseFile); err != nil {
			if checkout, err := coursework.FindCheckout("."); err == nil {
				dir = filepath.Join(checkout, "notebooks", "coursework")
			}
		}
	}
	return coursework.OpenCourse(dir)
}

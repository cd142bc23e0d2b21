package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"slices"
	"strings"

	"example.com/speedup/kernel-helpers/internal/coursework"
)

// settings are what the command line says.
type settings struct {
	command     string
	course      string
	json        bool
	parallel    int
	again       bool
	noGradebook bool
	times       int
	mutants     bool
	unsafe      bool
	against     []string
	format      string // of export and stats; "" is the usual one
	into        string
	student     string
	zip         string
	classroom   bool
	atLeast     int
	args        []string
}

// optionsOf lists the commands that each option is for.
var optionsOf = map[string][]string{
	"course":            {"intake", "new", "verify", "release", "roster", "similar", "stats", "handout", "collect", "grade", "feedback", "export"},
	"json":              {"doctor", "roster", "similar", "stats", "check", "verify", "handout", "collect", "grade", "feedback", "export"},
	"parallel":          {"verify", "grade"},
	"again":             {"collect", "grade"},
	"no-gradebook":      {"grade", "feedback", "roster", "export"},
	"against":           {"similar"},
	"at-least":          {"similar"},
	"format":            {"export", "stats"},
	"into":              {"export"},
	"student":           {"export"},
	"zip":               {"feedback"},
	"github-classroom":  {"handout"},
	"times":             {"verify"},
	"mutants":           {"verify"},
	"unsafe-no-sandbox": {"verify", "grade"},
}

// arguments are how many arguments each command takes, and what to ask for if
// there are fewer. A negative max means any number.
var arguments = map[string]struct {
	min, max int
	missing  string
}{
	"check":    {0, 2, ""},
	"collect":  {2, -1, "name the assignment and the files"},
	"export":   {0, -1, ""},
	"feedback": {1, -1, "name the assignment"},
	"grade":    {1, -1, "name the assignment"},
	"intake":   {3, 3, "name the assignment, the student and the notebook"},
	"handout":  {1, 1, "name the folder to make"},
	"new":      {1, 1, "name the folder of the course, or the assignment"},
	"roster":   {0, 0, ""},
	"doctor":   {0, 0, ""},
	"stats":    {1, 1, "name the assignment"},
	"similar":  {1, 1, "name the assignment"},
	"release":  {1, -1, "name the assignment"},
	"verify":   {0, -1, ""},
}

func usageError(format string, args ...any) error {
	return coursework.UsageError(fmt.Sprintf(format, args...))
}

// parse reads the command line. Options may follow arguments.
func parse(args []string) (settings, error) {
	var s settings
	flags := flag.NewFlagSet("coursework", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.StringVar(&s.course, "course", "", "")
	flags.BoolVar(&s.json, "json", false, "")
	flags.IntVar(&s.parallel, "parallel", 0, "")
	flags.BoolVar(&s.again, "again", false, "")
	flags.BoolVar(&s.noGradebook, "no-gradebook", false, "")
	flags.BoolVar(&s.mutants, "mutants", false, "")
	flags.IntVar(&s.times, "times", 1, "")
	flags.Func("against", "", func(dir string) error {
		s.against = append(s.against, dir)
		return nil
	})
	flags.StringVar(&s.format, "format", "", "")
	flags.StringVar(&s.into, "into", "", "")
	flags.StringVar(&s.student, "student", "", "")
	flags.BoolVar(&s.classroom, "github-classroom", false, "")
	flags.StringVar(&s.zip, "zip", "", "")
	flags.IntVar(&s.atLeast, "at-least", 80, "")
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
		return s, usageError("no command given")
	}
	s.command, s.args = s.args[0], s.args[1:]
	if commands[s.command] == nil {
		return s, usageError("unknown command %q", s.command)
	}
	var wrong error
	flags.Visit(func(f *flag.Flag) {
		switch {
		case !slices.Contains(optionsOf[f.Name], s.command):
			wrong = usageError("%s has no option --%s", s.command, f.Name)
		case f.Name == "parallel" && s.parallel < 1, f.Name == "times" && s.times < 1:
			wrong = usageError("--%s: got %s, want at least 1", f.Name, f.Value)
		case f.Name == "at-least" && (s.atLeast < 1 || s.atLeast > 100):
			wrong = usageError("--at-least: got %s, want a percentage from 1 to 100", f.Value)
		}
	})
	if wrong != nil {
		return s, wrong
	}
	if err := s.checkFormat(); err != nil {
		return s, err
	}
	switch n := arguments[s.command]; {
	case len(s.args) < n.min:
		return s, usageError("%s: %s", s.command, n.missing)
	case n.max >= 0 && len(s.args) > n.max:
		return s, usageError("%s: got %d arguments, want at most %d", s.command, len(s.args), n.max)
	}
	return s, nil
}

// checkFormat returns an error if the options about the format of files don't fit.
func (s settings) checkFormat() error {
	known := map[string][]string{"export": coursework.Formats, "stats": {"csv", "html"}}[s.command]
	switch {
	case s.format != "" && !slices.Contains(known, s.format):
		return usageError("%s --format: got %s, want %s", s.command, s.format, strings.Join(known, ", "))
	case s.format != "" && s.json:
		return usageError("%s: --format and --json exclude each other", s.command)
	case s.command == "export" && s.format != "" && len(s.args) != 1:
		return usageError("export --format: name one assignment")
	case s.into != "" && s.format != "canvas" && s.format != "moodle":
		return usageError("export --into: it is for --format canvas or moodle")
	case s.command == "export" && s.format == "" && (s.student != "" || s.noGradebook):
		return usageError("export --student and --no-gradebook: they are for --format")
	}
	return nil
}

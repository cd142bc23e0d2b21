package cellbuild

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
)

// A recipe describes how go build compiles and links the program of a folder,
// except for the program's text and imports.
type recipe struct {
	compile, link []string         // the commands, with placeholders
	info          *debug.BuildInfo // the program's build information
	settings      []string         // for the environment of both commands
	toolchain     toolchain
}

// programName is the name of the linker's output before it is renamed.
const programName = "program"

// Placeholders in commands.
const (
	workPlace = "\x00work"
	idPlace   = "\x00id"
)

// readRecipe makes a recipe from the notes taken during a go build of
// dir/main.go.
func readRecipe(notes, dir string) (*recipe, error) {
	compile, _, err := readCommand(notes, "compile", func(args []string) bool { return valueOf(args, "-p") == "main" })
	if err != nil {
		return nil, err
	}
	link, number, err := readCommand(notes, "link", func([]string) bool { return true })
	if err != nil {
		return nil, err
	}
	config, err := os.ReadFile(filepath.Join(notes, "importcfg."+number))
	if err != nil {
		return nil, fmt.Errorf("cellbuild: %w", err)
	}
	r := &recipe{}
	if r.info, err = readInfo(config); err != nil {
		return nil, err
	}
	if r.compile, err = compilePlaces(compile, filepath.Join(dir, source)); err != nil {
		return nil, err
	}
	if r.link, err = linkPlaces(link); err != nil {
		return nil, err
	}
	return r, nil
}

// errCached is wrapped by errors that say that go build did not run a tool,
// because it had compiled the same text before.
var errCached = errors.New("the tool didn't run")

// readCommand returns the command in the only note on a tool for which fits
// returns true, and that note's number.
func readCommand(notes, tool string, fits func([]string) bool) (args []string, number string, err error) {
	names, err := filepath.Glob(filepath.Join(notes, tool+".*"))
	if err != nil {
		return nil, "", fmt.Errorf("cellbuild: %w", err)
	}
	for _, name := range names {
		raw, err := os.ReadFile(name)
		if err != nil {
			return nil, "", fmt.Errorf("cellbuild: %w", err)
		}
		words := strings.Split(strings.TrimSuffix(string(raw), "\x00"), "\x00")
		if !fits(words) {
			continue
		}
		if args != nil {
			return nil, "", declined("two runs of %s", tool)
		}
		args, number = words, strings.TrimPrefix(filepath.Ext(name), ".")
	}
	if args == nil {
		return nil, "", fmt.Errorf("cellbuild: %s: %w", tool, errCached)
	}
	return args, number, nil
}

// valueOf returns the value of a flag, which is the next argument.
func valueOf(args []string, flag string) string {
	if i := slices.Index(args, flag); i >= 0 && i+1 < len(args) {
		return args[i+1]
	}
	return ""
}

func compilePlaces(args []string, main string) ([]string, error) {
	args = slices.Clone(args)
	work := filepath.Dir(valueOf(args, "-o")) // $WORK/b001
	for flag, value := range map[string]string{
		"-o":         workPlace + "/main.a",
		"-importcfg": workPlace + "/importcfg",
		"-buildid":   idPlace + "/" + idPlace,
		"-trimpath":  strings.ReplaceAll(valueOf(args, "-trimpath"), work, workPlace),
	} {
		i := slices.Index(args, flag)
		if i < 0 || i+1 >= len(args) {
			return nil, declined("the compile command has no flag %s", flag)
		}
		args[i+1] = value
	}
	if args[len(args)-1] != main || args[len(args)-2] != "-pack" {
		return nil, declined("the compile command has other files than %s", main)
	}
	return args, noOther(args, work)
}

func linkPlaces(args []string) ([]string, error) {
	args = slices.Clone(args)
	archive := args[len(args)-1]
	work := filepath.Dir(archive)
	if !strings.HasPrefix(valueOf(args, "-o"), work) {
		return nil, declined("the link command reads %s and writes %s", archive, valueOf(args, "-o"))
	}
	for flag, value := range map[string]string{"-o": workPlace + "/" + programName, "-importcfg": workPlace + "/importcfg.link"} {
		i := slices.Index(args, flag)
		if i < 0 || i+1 >= len(args)-1 {
			return nil, declined("the link command has no flag %s", flag)
		}
		args[i+1] = value
	}
	i := slices.IndexFunc(args, func(arg string) bool { return strings.HasPrefix(arg, "-buildid=") })
	if i < 0 {
		return nil, declined("the link command has no flag -buildid")
	}
	args[i] = "-buildid=" + strings.Join([]string{idPlace, idPlace, idPlace, idPlace}, "/")
	args[len(args)-1] = workPlace + "/main.a"
	return args, noOther(args, work)
}

// noOther declines a command that contains the build's folder in an unknown
// argument.
func noOther(args []string, work string) error {
	for _, arg := range args {
		if strings.Contains(arg, work) || strings.Contains(arg, filepath.Dir(work)+string(filepath.Separator)) {
			return declined("the command contains %s", arg)
		}
	}
	return nil
}

// fill replaces the placeholders with the work folder and the program's ID.
func fill(args []string, work, id string) []string {
	r := strings.NewReplacer(workPlace, work, idPlace, id)
	filled := make([]string, len(args))
	for i, arg := range args {
		filled[i] = r.Replace(arg)
	}
	return filled
}

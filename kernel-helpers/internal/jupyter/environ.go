package jupyter

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// environment returns a kernel's environment, made as by jupyter_client: base,
// then the spec's entries with base's values for ${NAME}, then more.
func environment(base []string, spec Spec, more ...string) []string {
	env := map[string]string{}
	set := func(lines []string) {
		for _, line := range lines {
			if name, value, ok := strings.Cut(line, "="); ok {
				env[name] = value
			}
		}
	}
	set(base)
	if strings.HasPrefix(strings.ToLower(spec.Language), "python") {
		// It makes a Python use another one's libraries.
		delete(env, "PYTHONEXECUTABLE")
	}
	expanded := make(map[string]string, len(spec.Env))
	for name, value := range spec.Env {
		expanded[name] = expand(value, env)
	}
	maps.Copy(env, expanded)
	set(more)
	lines := make([]string, 0, len(env))
	for name, value := range env {
		lines = append(lines, name+"="+value)
	}
	slices.Sort(lines)
	return lines
}

var variable = regexp.MustCompile(`\$(?:\$|[A-Za-z_][A-Za-z0-9_]*|\{[A-Za-z_][A-Za-z0-9_]*\})`)

// expand works like Python's string.Template.safe_substitute: $$ is a dollar
// sign, and names without a value stay as they are.
func expand(s string, env map[string]string) string {
	return variable.ReplaceAllStringFunc(s, func(m string) string {
		if m == "$$" {
			return "$"
		}
		if v, ok := env[strings.Trim(m, "${}")]; ok {
			return v
		}
		return m
	})
}

var placeholder = regexp.MustCompile(`\{([A-Za-z0-9_]+)\}`)

// commandLine fills in the spec's argv and finds its program.
func commandLine(spec Spec, connectionFile string, env []string) (program string, args []string, err error) {
	if len(spec.Argv) == 0 {
		return "", nil, fmt.Errorf("%s has no argv", spec.file())
	}
	values := map[string]string{
		"connection_file": connectionFile,
		"resource_dir":    spec.Dir,
		"prefix":          spec.prefix(),
	}
	for _, arg := range spec.Argv {
		args = append(args, placeholder.ReplaceAllStringFunc(arg, func(m string) string {
			if v, ok := values[m[1:len(m)-1]]; ok {
				return v
			}
			return m
		}))
	}
	program, err = findProgram(args[0], spec, env)
	return program, args, err
}

var python = regexp.MustCompile(`^python(3(\.[0-9]+)?)?$`)

// findProgram looks up a kernel's program in the kernel's PATH. As in
// jupyter_client, a bare python is that of the environment in which the spec is
// installed.
func findProgram(name string, spec Spec, env []string) (string, error) {
	if strings.ContainsRune(name, filepath.Separator) {
		return name, nil
	}
	if python.MatchString(name) {
		if own := filepath.Join(spec.prefix(), "bin", name); isProgram(own) {
			return own, nil
		}
	}
	var path string
	for _, line := range env {
		if v, ok := strings.CutPrefix(line, "PATH="); ok {
			path = v
		}
	}
	for _, dir := range filepath.SplitList(path) {
		if file := filepath.Join(dir, name); filepath.IsAbs(dir) && isProgram(file) {
			return file, nil
		}
	}
	return "", fmt.Errorf("program %q of %s is not in the kernel's PATH; is the kernel still installed?", name, spec.file())
}

func isProgram(file string) bool {
	info, err := os.Stat(file)
	return err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0
}

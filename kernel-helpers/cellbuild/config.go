package cellbuild

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

// understood lists the flags of go build, given or in GOFLAGS, that either mean
// the same to go list or appear in the recorded commands.
var understood = []string{"-buildvcs", "-gcflags", "-ldflags", "-p", "-race", "-tags"}

// checkFlags declines flags whose effect isn't known.
func checkFlags(flags []string) error {
	for _, flag := range flags {
		name, _, _ := strings.Cut(flag, "=")
		if name = "-" + strings.TrimLeft(name, "-"); !slices.Contains(understood, name) {
			return declined("flag %s", flag)
		}
	}
	return nil
}

// environment returns the variables that `go help environment` lists, and a few
// others by which tools are found and controlled. If one of them changes,
// nothing that was kept is valid. This is a fixed list because cells set
// variables of their own.
func environment() []string {
	var found []string
	for _, entry := range os.Environ() {
		name, _, _ := strings.Cut(entry, "=")
		switch {
		case strings.HasPrefix(name, "GONB_"):
		case strings.HasPrefix(name, "GO"), strings.HasPrefix(name, "CGO_"), strings.HasPrefix(name, "GCCGO"),
			strings.HasPrefix(name, "PKG_CONFIG"), strings.HasPrefix(name, "XDG_"), slices.Contains(
				[]string{"AR", "CC", "CXX", "FC", "PATH", "HOME", "LD_LIBRARY_PATH", "LIBRARY_PATH", "CPATH", "SDKROOT", "MACOSX_DEPLOYMENT_TARGET"}, name):
			found = append(found, entry)
		}
	}
	slices.Sort(found)
	return found
}

// goEnv holds the go command's settings.
type goEnv struct {
	GOARCH, GOENV, GOFLAGS, GOMOD, GOOS, GOROOT, GOWORK string

	tools []string // settings that cmd/go puts in the environment of compiler and linker
}

// toolSettings lists the settings that the tools read (see internal/buildcfg).
var toolSettings = []string{
	"GOARCH", "GOOS", "GOROOT", "GOEXPERIMENT", "GOFIPS140", "GO_EXTLINK_ENABLED", "GO_LDSO",
	"GO386", "GOAMD64", "GOARM", "GOARM64", "GOMIPS", "GOMIPS64", "GOPPC64", "GORISCV64", "GOWASM",
}

// readEnv asks the go command for its settings in dir, and declines settings
// that may matter.
func readEnv(dir string, run Runner) (goEnv, error) {
	var env goEnv
	cmd := exec.Command("go", "env", "-json")
	cmd.Dir = dir
	out, err := run(cmd)
	if err != nil {
		return env, err
	}
	all := map[string]string{}
	if err := json.Unmarshal(out, &env); err != nil {
		return env, fmt.Errorf("cellbuild: go env: %w", err)
	}
	if err := json.Unmarshal(out, &all); err != nil {
		return env, fmt.Errorf("cellbuild: go env: %w", err)
	}
	for _, name := range toolSettings {
		if value := all[name]; value != "" {
			env.tools = append(env.tools, name+"="+value)
		}
	}
	if err := checkFlags(splitQuoted(env.GOFLAGS)); err != nil {
		return env, err
	}
	switch {
	case env.GOOS != runtime.GOOS || env.GOARCH != runtime.GOARCH:
		return env, declined("%s/%s", env.GOOS, env.GOARCH)
	case env.GOMOD != filepath.Join(dir, "go.mod"):
		return env, declined("go.mod is %q", env.GOMOD)
	case env.GOWORK != "" && env.GOWORK != "off" && env.GOWORK != filepath.Join(dir, "go.work"):
		return env, declined("go.work is %s", env.GOWORK)
	}
	return env, nil
}

// splitQuoted splits a value such as GOFLAGS into fields, as the go command
// does. Fields may be quoted.
func splitQuoted(s string) (fields []string) {
	for s = strings.TrimSpace(s); s != ""; s = strings.TrimSpace(s) {
		var field string
		if quote := s[0]; quote == '\'' || quote == '"' {
			field, s, _ = strings.Cut(s[1:], string(quote))
		} else if end := strings.IndexAny(s, " \t\r\n"); end >= 0 {
			field, s = s[:end], s[end:]
		} else {
			field, s = s, ""
		}
		fields = append(fields, field)
	}
	return fields
}

// quote quotes s as a single field for splitQuoted. It reports false if that's
// impossible.
func quote(s string) (string, bool) {
	for _, q := range []string{"'", `"`} {
		if !strings.Contains(s, q) {
			return q + s + q, true
		}
	}
	return "", false
}

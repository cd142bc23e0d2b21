package bench

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// The ways in python/peers.py.
const (
	wayRequestsSession = "requests_session"
	wayThreadPool      = "thread_pool"
	wayAiohttpGather   = "aiohttp_gather"
	wayAiohttpTasks    = "aiohttp_tasks"
)

//go:embed python/peers.py
var peersSource string

// Python is an interpreter that can run the Python sides.
type Python struct {
	Path     string            `json:"-"`
	Version  string            `json:"python"`
	Packages map[string]string `json:"packages"` // version of each package
	Missing  map[string]string `json:"missing"`  // why a package can't be imported
}

// PythonVariable is the name of the environment variable that selects the
// Python to use.
const PythonVariable = "SPEEDUP_PYTHON"

// FindPython returns the path of the Python to run. That is asked if it isn't
// empty, or $SPEEDUP_PYTHON, or the Python in the checkout's .venv, which is
// looked for beside the program's folder and from the current folder upwards.
// FindPython doesn't use a Python on PATH, whose packages are unknown.
func FindPython(asked string) (string, error) {
	for _, named := range []string{asked, os.Getenv(PythonVariable)} {
		if named == "" {
			continue
		}
		if _, err := exec.LookPath(named); err != nil {
			return "", fmt.Errorf("bench: python: %w", err)
		}
		return named, nil
	}
	var folders []string
	if program, err := os.Executable(); err == nil {
		if program, err = filepath.EvalSymlinks(program); err == nil {
			folders = append(folders, filepath.Dir(filepath.Dir(program)))
		}
	}
	if folder, err := os.Getwd(); err == nil {
		for ; filepath.Dir(folder) != folder; folder = filepath.Dir(folder) {
			folders = append(folders, folder)
		}
	}
	for _, folder := range folders {
		path := filepath.Join(folder, ".venv", "bin", "python")
		if _, err := exec.LookPath(path); err == nil {
			return path, nil
		}
	}
	return "", ErrNoPython
}

// ErrNoPython is returned by [FindPython] if no Python was specified and the
// checkout has no .venv.
var ErrNoPython = errors.New("bench: no Python: the checkout has no .venv (create it with ./install.sh lab, or use --python)")

// OpenPython asks the Python at path for its version and packages. That takes
// as long as importing the packages, usually less than a second.
func OpenPython(ctx context.Context, path string) (*Python, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	out, err := runChild(ctx, []string{path, "-I", "-c", peersSource, "versions"}, nil)
	if err != nil {
		return nil, fmt.Errorf("bench: python %s: %w", path, err)
	}
	python := &Python{Path: path}
	if err := json.Unmarshal(out.stdout, python); err != nil || python.Version == "" {
		return nil, fmt.Errorf("bench: python %s: printed %s, want its versions", path, excerpt(out.stdout))
	}
	return python, nil
}

// lacks returns why this Python can't run a side that needs a package, or "".
func (p *Python) lacks(name string) string {
	if _, ok := p.Packages[name]; ok || name == pythonAlone {
		return ""
	}
	return fmt.Sprintf("%s can't import %s: %s", p.Path, name, p.Missing[name])
}

// pythonCommand returns the command that runs the file with the Python sides.
// They are in a file because multiprocessing reads it again if it doesn't fork.
// -I ignores the user's PYTHON… settings and packages.
func pythonCommand(path, peers string) []string { return []string{path, "-I", peers} }

// writePeers writes that file into a folder.
func writePeers(folder string) (path string, err error) {
	path = filepath.Join(folder, "peers.py")
	return path, os.WriteFile(path, []byte(peersSource), 0o600)
}

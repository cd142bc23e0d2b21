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

// The ways of python/peers.py.
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
	Packages map[string]string `json:"packages"` // name → version
	Missing  map[string]string `json:"missing"`  // name → why it can't be imported
}

// PythonVariable is the environment variable that names the Python to use.
const PythonVariable = "SPEEDUP_PYTHON"

// FindPython returns the path of the Python to run: the one asked for if that
// isn't empty, else the one that $SPEEDUP_PYTHON names, else the one of the
// checkout's .venv, looked for beside the program's folder and from the current
// folder upwards. A Python that happens to be on PATH is not taken: its
// packages are anyone's.
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

// ErrNoPython is the error of [FindPython] when nothing was asked for and the
// checkout has no .venv.
var ErrNoPython = errors.New("bench: no Python: the checkout has no .venv (./install.sh lab makes it; --python names another)")

// OpenPython asks the Python at path for its version and packages. It takes as
// long as importing them does, under a second as a rule.
func OpenPython(ctx context.Context, path string) (*Python, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	out, err := runChild(ctx, []string{path, "-I", "-c", peersSource, "versions"}, nil)
	if err != nil {
		return nil, fmt.Errorf("bench: python %s: %w", path, err)
	}
	python := &Python{Path: path}
	if err := json.Unmarshal(out.stdout, python); err != nil || python.Version == "" {
		return nil, fmt.Errorf("bench: python %s: printed %s, not its versions", path, excerpt(out.stdout))
	}
	return python, nil
}

// lacks says why this Python can't run a side that needs a package, or "".
func (p *Python) lacks(name string) string {
	if _, ok := p.Packages[name]; ok || name == pythonAlone {
		return ""
	}
	return fmt.Sprintf("%s can't import %s: %s", p.Path, name, p.Missing[name])
}

// pythonCommand runs the file with the Python sides. It is a file, because
// multiprocessing reads it anew where it doesn't fork. -I keeps the user's own
// PYTHON… settings and packages out.
func pythonCommand(path, peers string) []string { return []string{path, "-I", peers} }

// writePeers writes that file into a folder.
func writePeers(folder string) (path string, err error) {
	path = filepath.Join(folder, "peers.py")
	return path, os.WriteFile(path, []byte(peersSource), 0o600)
}

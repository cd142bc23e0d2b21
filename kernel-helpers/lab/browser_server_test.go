//go:build browser

package lab_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// A server is the JupyterLab of one test run. It uses the programs and the
// kernel of the checkout, but its settings, signatures and notebooks are in a
// temporary folder.
type server struct {
	URL   string // without a path
	Token string
	Root  string // the folder that JupyterLab shows
	Dir   string // the temporary folder of the run
	Log   string

	process *exec.Cmd
	exited  chan struct{}
}

// checkout returns the path of the checkout.
func checkout() string {
	dir, err := filepath.Abs("../..")
	if err != nil {
		panic(err)
	}
	return dir
}

// turnAutosaveOff writes a setting of JupyterLab's user. A test that saves while
// JupyterLab saves by itself finds a dialog: the file has changed on the disk.
func (s *server) turnAutosaveOff() error {
	folder := filepath.Join(s.Dir, "settings", "@jupyterlab", "docmanager-extension")
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(folder, "plugin.jupyterlab-settings"), []byte(`{"autosave": false}`), 0o600)
}

// startServer starts JupyterLab, with its files below dir, and waits until it
// answers.
func startServer(ctx context.Context, dir string) (*server, error) {
	python := filepath.Join(checkout(), ".venv", "bin", "python")
	if _, err := os.Stat(python); err != nil {
		return nil, fmt.Errorf("JupyterLab is not installed in the checkout: run ./install.sh lab (%w)", err)
	}
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	s := &server{
		URL:    "http://127.0.0.1:" + strconv.Itoa(port),
		Token:  "speedup-browser-tests",
		Root:   filepath.Join(dir, "notebooks"),
		Dir:    dir,
		Log:    filepath.Join(dir, "jupyterlab.log"),
		exited: make(chan struct{}),
	}
	for _, folder := range []string{"notebooks", "tmp"} {
		if err := os.Mkdir(filepath.Join(dir, folder), 0o700); err != nil {
			return nil, err
		}
	}
	if err := errors.Join(s.placeSettings(), s.turnAutosaveOff()); err != nil {
		return nil, err
	}
	log, err := os.Create(s.Log)
	if err != nil {
		return nil, err
	}
	defer log.Close()

	s.process = exec.Command(python, "-m", "jupyterlab", "--no-browser", "--allow-root",
		"--config="+filepath.Join(checkout(), "kernel-helpers", "lab", "jupyter_server_config.py"),
		"--ServerApp.ip=127.0.0.1", "--ServerApp.port="+strconv.Itoa(port),
		"--ServerApp.root_dir="+s.Root, "--LabApp.expose_app_in_browser=True")
	s.process.Dir = s.Root
	s.process.Stdout, s.process.Stderr = log, log
	s.process.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	s.process.Env = append(s.environment(), "JUPYTER_TOKEN="+s.Token)
	if err := s.process.Start(); err != nil {
		return nil, fmt.Errorf("start JupyterLab: %w", err)
	}
	go func() { s.process.Wait(); close(s.exited) }()
	if err := s.awaitAnswer(ctx); err != nil {
		s.stop()
		return nil, fmt.Errorf("start JupyterLab: %w; the last lines of its log:\n%s", err, tail(s.Log, 30))
	}
	return s, nil
}

// environment returns the environment for the checkout's Jupyter programs. It
// omits the variables that point to the files of another Jupyter, and puts all
// files that the programs write below the temporary folder.
func (s *server) environment() []string {
	own := slices.DeleteFunc(os.Environ(), func(variable string) bool {
		name, _, _ := strings.Cut(variable, "=")
		return strings.HasPrefix(name, "JUPYTER") || strings.HasPrefix(name, "PYTHON")
	})
	return append(own,
		marker+"="+s.Dir,
		"TMPDIR="+filepath.Join(s.Dir, "tmp"),
		"JUPYTER_CONFIG_DIR="+filepath.Join(s.Dir, "config"),
		"JUPYTER_CONFIG_PATH="+s.settings(),
		"JUPYTER_DATA_DIR="+filepath.Join(s.Dir, "data"),
		"JUPYTER_RUNTIME_DIR="+filepath.Join(s.Dir, "runtime"),
		"JUPYTERLAB_SETTINGS_DIR="+filepath.Join(s.Dir, "settings"),
		"JUPYTERLAB_WORKSPACES_DIR="+filepath.Join(s.Dir, "workspaces"),
		"IPYTHONDIR="+filepath.Join(s.Dir, "ipython"))
}

func (s *server) awaitAnswer(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, patience*time.Minute)
	defer cancel()
	retry := time.NewTicker(50 * time.Millisecond)
	defer retry.Stop()
	for {
		err := s.request(ctx, http.MethodGet, "/api/status", nil)
		if err == nil {
			return nil
		}
		select {
		case <-retry.C:
		case <-s.exited:
			return errors.New("it exited")
		case <-ctx.Done():
			return fmt.Errorf("no answer: %w", err)
		}
	}
}

// stop ends the kernels, then the server, then the remaining processes of its
// process group. killMarked finds those that left the group.
func (s *server) stop() {
	ctx, cancel := context.WithTimeout(context.Background(), 15*time.Second)
	defer cancel()
	s.endSessions(ctx) // if it fails, the kernels end with the server
	s.process.Process.Signal(syscall.SIGTERM)
	select {
	case <-s.exited:
	case <-ctx.Done():
	}
	syscall.Kill(-s.process.Process.Pid, syscall.SIGKILL)
	<-s.exited
}

// endSessions shuts down every kernel that a notebook started.
func (s *server) endSessions(ctx context.Context) error {
	var sessions []struct{ ID string }
	if err := s.request(ctx, http.MethodGet, "/api/sessions", &sessions); err != nil {
		return err
	}
	var failures error
	for _, session := range sessions {
		failures = errors.Join(failures, s.request(ctx, http.MethodDelete, "/api/sessions/"+session.ID, nil))
	}
	return failures
}

// request sends a request to the server's REST API and decodes the response
// into answer, unless that is nil.
func (s *server) request(ctx context.Context, method, path string, answer any) error {
	request, err := http.NewRequestWithContext(ctx, method, s.URL+path, nil)
	if err != nil {
		return err
	}
	request.Header.Set("Authorization", "token "+s.Token)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return err
	}
	if response.StatusCode >= 300 {
		return fmt.Errorf("%s %s: %s: %s", method, path, response.Status, bytes.TrimSpace(body))
	}
	if answer == nil {
		return nil
	}
	return json.Unmarshal(body, answer)
}

func freePort() (int, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer listener.Close()
	return listener.Addr().(*net.TCPAddr).Port, nil
}

// tail returns the last lines of a file, or the error if it can't be read.
func tail(path string, lines int) string {
	text, err := os.ReadFile(path)
	if err != nil {
		return err.Error()
	}
	all := strings.Split(strings.TrimRight(string(text), "\n"), "\n")
	return strings.Join(all[max(0, len(all)-lines):], "\n")
}

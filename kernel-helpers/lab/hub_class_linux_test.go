//go:build !browser && !notebooks

package lab_test

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"example.com/speedup/kernel-helpers/internal/hub"
)

// A testClass is a class on a JupyterHub of its own.
type testClass struct {
	t        *testing.T
	checkout string // the installation
	dir      string // what the test made; everybody may enter it
	folder   string // the class's
	address  string
	password string
	hub      *exec.Cmd
	log      string
}

// courseAccount is the account that prepare_class.py makes.
const courseAccount = "speedup-course"

// newClass returns a class without users, or skips the test where none can be had.
func newClass(t *testing.T) *testClass {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("a class needs root, to make accounts and to start servers as their users")
	}
	for _, name := range []string{"useradd", "userdel"} {
		if _, err := exec.LookPath(name); err != nil {
			t.Skipf("a class needs %s, to make accounts: %v", name, err)
		}
	}
	// Accounts belong to the machine, so one class at a time is tested on it.
	lock, err := os.OpenFile("/run/speedup-class-test.lock", os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		t.Skipf("a class needs /run, for its sockets: %v", err)
	}
	t.Cleanup(func() { lock.Close() })
	must(t, syscall.Flock(int(lock.Fd()), syscall.LOCK_EX))
	checkout, err := filepath.Abs("../..")
	must(t, err)
	c := &testClass{t: t, checkout: checkout, password: "pass-phrase-of-the-test"}
	// Not t.TempDir, whose parent only its owner may enter; and short, for sockets.
	c.dir, err = os.MkdirTemp("/tmp", "class-")
	must(t, err)
	must(t, os.Chmod(c.dir, 0o755))
	t.Cleanup(func() { must(t, os.RemoveAll(c.dir)) })
	c.folder = filepath.Join(c.dir, "class")
	must(t, os.Mkdir(c.folder, 0o755))
	if _, err := user.Lookup(courseAccount); err != nil {
		t.Cleanup(func() {
			exec.Command("userdel", courseAccount).Run()
			os.RemoveAll("/run/speedup/" + courseAccount)
			// These stay where another class uses them.
			os.Remove("/run/speedup")
			os.Remove("/sys/fs/cgroup/memory/speedup")
			os.Remove("/sys/fs/cgroup/speedup")
		})
	}
	return c
}

// account makes a Unix account with a closed home folder.
func (c *testClass) account(name string) {
	c.t.Helper()
	exec.Command("userdel", name).Run() // a test that was killed may have left it
	home := filepath.Join(c.dir, name)
	out, err := exec.CommandContext(c.t.Context(), "useradd", "--create-home", "--home-dir", home, "--shell", "/bin/bash", name).CombinedOutput()
	if err != nil {
		c.t.Fatalf("useradd: %v\n%s", err, out)
	}
	c.t.Cleanup(func() {
		if out, err := exec.Command("userdel", name).CombinedOutput(); err != nil {
			c.t.Errorf("userdel %s: %v\n%s", name, err, out)
		}
	})
	must(c.t, os.Chmod(home, 0o700))
}

// settings writes the class's settings, and lets everybody in by the test's password.
func (c *testClass) settings(teachers, students []string) {
	c.t.Helper()
	c.address = "http://127.0.0.1:" + freePortForLab(c.t)
	ports := []int{}
	for range 3 {
		port, err := strconv.Atoi(freePortForLab(c.t))
		must(c.t, err)
		ports = append(ports, port)
	}
	text, err := json.Marshal(map[string]any{"teachers": teachers, "students": students, "address": c.address, "ports": ports, "idle_minutes": 0})
	must(c.t, err)
	must(c.t, os.WriteFile(filepath.Join(c.folder, "class.json"), text, 0o644))
	must(c.t, os.WriteFile(filepath.Join(c.folder, "jupyterhub_config.py"),
		fmt.Appendf(nil, "c = get_config()\nc.JupyterHub.authenticator_class = 'dummy'\nc.DummyAuthenticator.password = %q\n", c.password), 0o600))
}

// prepare makes the class's folders with the installation's own program.
func (c *testClass) prepare() {
	c.t.Helper()
	out, err := exec.CommandContext(c.t.Context(), filepath.Join(c.checkout, ".venv/bin/python"), filepath.Join(c.checkout, "kernel-helpers/lab/hub/prepare_class.py"), c.folder).CombinedOutput()
	if err != nil {
		c.t.Fatalf("prepare_class.py: %v\n%s", err, out)
	}
}

// start runs the Hub with a command, until the end of the test. Then nothing of a user
// may be left.
func (c *testClass) start(name string, args ...string) {
	c.t.Helper()
	c.log = filepath.Join(c.dir, "hub.log")
	log, err := os.Create(c.log)
	must(c.t, err)
	defer log.Close()
	c.hub = exec.Command(name, args...)
	c.hub.Dir = c.dir
	c.hub.Env = append(os.Environ(), "SPEEDUP_CLASS="+c.folder)
	c.hub.Stdout, c.hub.Stderr = log, log
	c.hub.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
	must(c.t, c.hub.Start())
	exited := make(chan struct{})
	go func() { c.hub.Wait(); close(exited) }()
	c.t.Cleanup(func() {
		c.hub.Process.Signal(syscall.SIGTERM)
		select {
		case <-exited:
		case <-time.After(time.Minute):
			c.t.Error("the Hub did not end within a minute")
			syscall.Kill(-c.hub.Process.Pid, syscall.SIGKILL)
			<-exited
		}
		if left := c.processes(); len(left) > 0 {
			c.t.Errorf("processes that the Hub left:\n%s", strings.Join(left, "\n"))
		}
		if c.t.Failed() {
			c.t.Logf("the Hub's log:\n%s", c.lastOfLog())
		}
	})
	again := time.NewTicker(50 * time.Millisecond)
	defer again.Stop()
	for limit := time.After(2 * time.Minute); !strings.Contains(c.lastOfLog(), "JupyterHub is now running"); {
		select {
		case <-again.C:
		case <-exited:
			c.t.Fatalf("the Hub exited:\n%s", c.lastOfLog())
		case <-limit:
			c.t.Fatalf("the Hub did not answer:\n%s", c.lastOfLog())
		}
	}
}

func (c *testClass) startHub() {
	c.t.Helper()
	c.start(filepath.Join(c.checkout, ".venv/bin/python"), "-m", "jupyterhub", "--config", filepath.Join(c.checkout, "kernel-helpers/lab/hub/jupyterhub_config.py"))
}

func (c *testClass) lastOfLog() string {
	text, _ := os.ReadFile(c.log)
	return string(text[max(0, len(text)-20_000):])
}

// processes lists the processes of the class's users. The course's account may also
// serve another class on this machine.
func (c *testClass) processes() (found []string) {
	ids := map[string]bool{} // whether all processes of a user count
	entries, err := os.ReadDir(c.dir)
	must(c.t, err)
	for _, entry := range entries {
		if u, err := user.Lookup(entry.Name()); err == nil {
			ids[u.Uid] = true
		}
	}
	if u, err := user.Lookup(courseAccount); err == nil {
		ids[u.Uid] = false
	}
	statuses, _ := filepath.Glob("/proc/[0-9]*/status")
	for _, file := range statuses {
		text, err := os.ReadFile(file)
		if err != nil {
			continue // it has ended
		}
		_, after, _ := strings.Cut(string(text), "\nUid:\t")
		id, _, _ := strings.Cut(after, "\t")
		all, counts := ids[id]
		if !counts || strings.Contains(string(text), "State:\tZ") {
			continue
		}
		line, _ := os.ReadFile(filepath.Join(filepath.Dir(file), "cmdline"))
		if command := strings.ReplaceAll(string(line), "\x00", " "); all || strings.Contains(command, c.dir) {
			found = append(found, filepath.Base(filepath.Dir(file))+" "+command)
		}
	}
	return found
}

// awaitNone waits until the users have no processes, and nobody answers at the Hub's
// address.
func (c *testClass) awaitNone() {
	c.t.Helper()
	again := time.NewTicker(200 * time.Millisecond)
	defer again.Stop()
	for limit := time.After(time.Minute); ; {
		left := c.processes()
		connection, err := net.Dial("tcp", strings.TrimPrefix(c.address, "http://"))
		if err == nil {
			connection.Close()
		}
		if len(left) == 0 && err != nil {
			return
		}
		select {
		case <-again.C:
		case <-limit:
			c.t.Errorf("left a minute after the Hub was killed: %q; the proxy answers: %v", left, err == nil)
			return
		}
	}
}

// login logs a user in.
func (c *testClass) login(name string) *hub.Client {
	c.t.Helper()
	client, err := hub.Login(c.t.Context(), c.address, name, c.password)
	must(c.t, err)
	return client
}

func (c *testClass) tryLogin(name, password string) (*hub.Client, error) {
	return hub.Login(c.t.Context(), c.address, name, password)
}

// open starts a user's server and opens the first notebook.
func (c *testClass) open(client *hub.Client) (*hub.Server, *hub.Kernel) {
	c.t.Helper()
	server, err := client.Start(c.t.Context())
	must(c.t, err)
	kernel, err := server.Open(c.t.Context(), "00-start-here.ipynb", "gonb")
	must(c.t, err)
	c.t.Cleanup(func() { kernel.Close() })
	return server, kernel
}

// as returns a command that a user runs, outside of the Hub.
func (c *testClass) as(name string, command ...string) *exec.Cmd {
	c.t.Helper()
	u, err := user.Lookup(name)
	must(c.t, err)
	uid, err := strconv.ParseUint(u.Uid, 10, 32)
	must(c.t, err)
	gid, err := strconv.ParseUint(u.Gid, 10, 32)
	must(c.t, err)
	cmd := exec.CommandContext(c.t.Context(), command[0], command[1:]...)
	cmd.Dir = "/"
	cmd.Env = []string{"HOME=" + u.HomeDir, "PATH=/usr/bin:/bin", "LC_ALL=C"}
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}
	return cmd
}

// finds returns the files below the folders in which a user finds a text.
func (c *testClass) finds(name, text string, folders ...string) []string {
	c.t.Helper()
	out, _ := c.as(name, append([]string{"grep", "-rlsaF", "-D", "skip", "--", text}, folders...)...).Output()
	return slices.DeleteFunc(strings.Split(strings.TrimSpace(string(out)), "\n"), func(file string) bool { return file == "" })
}

// action asks nbgrader's panel of a student for something.
func (c *testClass) action(s *hub.Server, verb, assignment string) {
	c.t.Helper()
	var answer struct {
		Success bool
		Value   json.RawMessage
	}
	must(c.t, s.Call(c.t.Context(), http.MethodPost, "/assignments/"+verb+"?course_id=speedup&assignment_id="+assignment, nil, &answer))
	if !answer.Success {
		c.t.Fatalf("%s %s: %s", verb, assignment, answer.Value)
	}
}

// formgrader asks the formgrader for something.
func (c *testClass) formgrader(s *hub.Server, path string) {
	c.t.Helper()
	var answer struct {
		Success    bool
		Log, Error string
	}
	must(c.t, s.Call(c.t.Context(), http.MethodPost, "/formgrader/api/"+path, nil, &answer))
	if !answer.Success {
		c.t.Fatalf("formgrader: %s: %s\n%s", path, answer.Error, answer.Log)
	}
}

// refused checks that a request is answered with one of these statuses.
func refused(t *testing.T, s *hub.Server, path string, codes ...int) {
	t.Helper()
	err := s.Call(t.Context(), http.MethodGet, path, nil, nil)
	failed, isStatus := err.(*hub.StatusError)
	if !isStatus || !slices.Contains(codes, failed.Code) {
		t.Errorf("GET %s: got %v, want it refused with %v", path, err, codes)
	}
}

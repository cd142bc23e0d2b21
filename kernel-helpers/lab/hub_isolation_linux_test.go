//go:build !browser && !notebooks

package lab_test

import (
	"bufio"
	"bytes"
	"crypto/rand"
	"net"
	"net/http"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"example.com/speedup/kernel-helpers/base/longtest"
)

// Two students and a teacher of a class: nobody reads what is another's. A real Hub
// starts their servers as real users.
func TestStudentsOfAClassAreApart(t *testing.T) {
	if testing.Short() {
		t.Skip("it starts a real Hub")
	}
	c := newClass(t)
	c.install()
	const teacher, alice, bob, stranger = "speedup-t1", "speedup-a1", "speedup-b1", "speedup-x1"
	for _, name := range []string{teacher, alice, bob, stranger} {
		c.account(name)
	}
	c.settings([]string{teacher}, []string{alice, bob})
	c.prepare()
	c.startHub()
	ctx := t.Context()

	if _, err := c.tryLogin(stranger, c.password); err == nil {
		t.Error("an account that class.json does not name logs in, want it refused")
	}
	if _, err := c.tryLogin(alice, "wrong"); err == nil {
		t.Error("a wrong password is accepted")
	}

	// Alice works: a cell with a source, an output and a file.
	secret := "secret-of-alice-" + rand.Text() // this file, which all can read, doesn't have it
	ofAlice := c.login(alice)
	server, kernel := c.open(ofAlice)
	out, err := kernel.Execute(ctx, "!id -un; pwd; ulimit -u; cat /proc/self/cgroup; echo "+secret+" | tee result; touch "+c.checkout+"/changed-by-a-student; true")
	if err != nil {
		t.Fatalf("Alice's cell: %v\n%s", err, out)
	}
	home := filepath.Join(c.dir, alice)
	for _, want := range []string{alice + "\n", home + "/speedup\n", "2000\n"} {
		if !strings.Contains(out, want) {
			t.Errorf("Alice's cell: got %q, want %q in it", out, want)
		}
	}
	if _, err := os.Stat("/sys/fs/cgroup/memory/speedup/" + alice); err == nil && !strings.Contains(out, "speedup/"+alice) {
		t.Errorf("the cgroup of Alice's cell: got %q, want speedup/%s", out, alice)
	}
	if _, err := os.Stat(filepath.Join(c.checkout, "changed-by-a-student")); err == nil {
		os.Remove(filepath.Join(c.checkout, "changed-by-a-student"))
		t.Error("a student changed the installation")
	}

	// A teacher gives out, and Alice hands in.
	course := c.login(teacher).Service("speedup")
	c.formgrader(course, "assignment/ps1/assign")
	c.formgrader(course, "assignment/ps1/release")
	c.action(server, "fetch", "ps1")
	homework := filepath.Join(home, "speedup/homework/ps1/ps1.ipynb")
	text, err := os.ReadFile(homework)
	must(t, err)
	if bytes.Contains(text, []byte("BEGIN SOLUTION")) || bytes.Contains(text, []byte("BEGIN HIDDEN TESTS")) {
		t.Error("a student's assignment has a solution or hidden tests")
	}
	must(t, os.WriteFile(homework, bytes.Replace(text, []byte("YOUR CODE HERE"), []byte("YOUR CODE HERE "+secret), 1), 0o644))
	c.action(server, "submit", "ps1")
	c.formgrader(course, "assignment/ps1/collect")
	if text, err := os.ReadFile(filepath.Join(c.folder, "course/submitted", alice, "ps1/ps1.ipynb")); err != nil || !bytes.Contains(text, []byte(secret)) {
		t.Errorf("what was collected of Alice: %v, want her answer", err)
	}

	// Bob looks for it. That Alice finds it shows that the search works.
	places := []string{home, c.folder, "/tmp", "/var/tmp", "/dev/shm", "/run"}
	if found := c.finds(alice, secret, places...); len(found) < 2 {
		t.Errorf("Alice finds her work in %q, want her files and her submission", found)
	}
	if found := c.finds(courseAccount, "// BEGIN SOLUTION", c.folder); len(found) == 0 {
		t.Error("the course's account finds no solutions, want its sources")
	}
	for _, name := range []string{bob, stranger} {
		if found := c.finds(name, secret, places...); len(found) > 0 {
			t.Errorf("%s reads Alice's work in %q", name, found)
		}
		if found := c.finds(name, "// BEGIN SOLUTION", c.folder, filepath.Join(c.checkout, "notebooks")); len(found) > 0 {
			t.Errorf("%s reads solutions in %q", name, found)
		}
		if out, err := c.as(name, "ls", filepath.Join(c.folder, "course"), filepath.Join(c.folder, "exchange/speedup/inbound"), filepath.Join(c.folder, "hub")).Output(); err == nil || len(out) > 0 {
			t.Errorf("%s lists the course, submissions or the Hub's state: %q", name, out)
		}
		c.cannotConnect(name, alice)
	}

	// In the Hub, too, each has only what is their own.
	ofBob := c.login(bob)
	if longtest.Pick(false, true) {
		_, bobs := c.open(ofBob)
		if out, err := bobs.Execute(ctx, "!cat "+home+"/speedup/result "+homework+" 2>/dev/null; ls "+home+"; true"); err != nil || out != "" {
			t.Errorf("Bob's cell reads %q of Alice's, %v; want nothing", out, err)
		}
		must(t, ofBob.Stop(ctx))
	}
	refused(t, ofBob.Server(alice), "/api/contents/result", http.StatusForbidden)
	refused(t, ofBob.Service("speedup"), "/api/contents/", http.StatusForbidden)
	refused(t, c.login(teacher).Server(alice), "/api/contents/result", http.StatusForbidden)
	refused(t, server, "/formgrader", http.StatusNotFound)
	if err := ofBob.Hub(ctx, http.MethodGet, "/users/"+alice, nil, nil); err == nil {
		t.Error("the Hub tells Bob about Alice")
	}

	// A server that stops leaves nothing, and neither does a Hub that is killed.
	must(t, ofAlice.Stop(ctx))
	for _, line := range c.processes() {
		if !strings.Contains(line, "jupyterhub-singleuser") {
			t.Errorf("a process is left when Alice's server has stopped: %s", line)
		}
	}
	if _, err := os.Stat("/run/speedup/" + alice); !os.IsNotExist(err) {
		t.Errorf("the folder of Alice's sockets: got %v, want it gone", err)
	}
	must(t, c.hub.Process.Kill())
	c.awaitNone()
}

// cannotConnect checks that a user can enter none of the sockets of another.
func (c *testClass) cannotConnect(name, other string) {
	c.t.Helper()
	u, err := user.Lookup(other)
	must(c.t, err)
	file, err := os.Open("/proc/net/unix")
	must(c.t, err)
	defer file.Close()
	var sockets []string
	for lines := bufio.NewScanner(file); lines.Scan(); {
		fields := strings.Fields(lines.Text())
		path := fields[len(fields)-1]
		if info, err := os.Stat(path); err == nil && filepath.IsAbs(path) && strconv.Itoa(int(info.Sys().(*syscall.Stat_t).Uid)) == u.Uid {
			sockets = append(sockets, path)
		}
	}
	if len(sockets) < 5 {
		c.t.Errorf("%s has the sockets %q, want at least those of a kernel", other, sockets)
	}
	for _, path := range sockets {
		// Root connects, so the socket is alive.
		connection, err := net.Dial("unix", path)
		if err != nil {
			continue
		}
		connection.Close()
		out, err := c.as(name, "/usr/bin/env", "python3", "-c", "import socket, sys; socket.socket(socket.AF_UNIX).connect(sys.argv[1])", path).CombinedOutput()
		if err == nil || !strings.Contains(string(out), "PermissionError") {
			c.t.Errorf("%s connects to %s of %s: %v %s, want no permission", name, path, other, err, out)
		}
	}
}

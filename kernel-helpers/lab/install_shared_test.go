//go:build !browser && !notebooks

package lab_test

import (
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// otherUser is a user whom the machine need not know.
const otherUser = 12345

// A class has one installation. Its users cannot write there, keep their own state in
// their home, and see no solutions.
func TestOneInstallationServesAllUsers(t *testing.T) {
	t.Parallel()
	const python = "/usr/bin/python3" // that of a test may be in a home
	if _, err := os.Stat(python); os.Getuid() != 0 || err != nil {
		t.Skip("it needs root, to run as another user, and " + python)
	}
	p := newPlace(t)
	must(t, os.Chmod(filepath.Dir(filepath.Dir(p.checkout)), 0o755)) // Go keeps the test's folder private
	root := filepath.Join(p.home, "goroot/bin")
	must(t, os.MkdirAll(root, 0o755))
	p.write("notebooks/coursework/source/ps1/ps1.ipynb", "a solution\n")
	p.write(".git/config", "with history\n")

	home := filepath.Join(filepath.Dir(p.checkout), "other")
	must(t, os.Mkdir(home, 0o700))
	must(t, os.Chown(home, otherUser, otherUser))
	other := func(arguments ...string) *exec.Cmd {
		c := p.command([]string{"HOME=" + home, "CALLS=" + filepath.Join(home, "calls"), "REAL_PYTHON=" + python}, arguments...)
		c.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: otherUser, Gid: otherUser}, Setpgid: true}
		return c
	}

	out, err := other("lab", "--no-open").CombinedOutput()
	if err == nil || !strings.Contains(string(out), "let its owner run `./install.sh prepare --shared`") {
		t.Errorf("before it is prepared: got %v\n%s\nwant an error that says who can prepare it", err, out)
	}
	if status, _, stderr := p.run(nil, "hub", "--check"); status != 1 || !strings.Contains(stderr, "run `./install.sh prepare --shared` as root") {
		t.Errorf("hub --check before it is prepared: got status %d, %q; want 1 and what to run", status, stderr)
	}
	if out, err := other("hub").CombinedOutput(); err == nil || !strings.Contains(string(out), "run it with sudo") {
		t.Errorf("hub as another user: got %v, %s; want an error with the remedy", err, out)
	}
	must(t, os.WriteFile(filepath.Join(home, "calls"), nil, 0o666))
	must(t, os.Chown(filepath.Join(home, "calls"), otherUser, otherUser))
	owner := []string{"GO_ROOT=" + filepath.Dir(root)}
	p.done(owner, "prepare", "--shared")
	before := p.files()

	spec := p.kernelspec(filepath.Join(p.checkout, ".venv/share/jupyter/kernels/gonb"))
	if text := fmt.Sprint(spec); strings.Contains(text, p.fakes) || !strings.Contains(text, "--shared "+p.checkout+"/.lab/shared") {
		t.Errorf("the kernelspec: got %s, want --shared and nothing of the owner's PATH", text)
	}
	for name, closed := range map[string]bool{
		"notebooks/00-start-here.ipynb": false, ".venv/bin/python": false, "bin/nbrun": false, ".lab/shared/id": false,
		"notebooks/coursework/source": true, ".git": true, ".lab/jupyter": true, ".lab/stamps": true,
	} {
		info, err := os.Stat(filepath.Join(p.checkout, name))
		if err != nil || (info.Mode().Perm()&0o007 == 0) != closed || info.Mode().Perm()&0o002 != 0 {
			t.Errorf("%s: got %v, %v; want it closed to others: %v", name, info.Mode(), err, closed)
		}
	}

	if out, err := other("kernel", "--user", "--display-name", "Go of the class").CombinedOutput(); err != nil {
		t.Errorf("kernel --user: %v\n%s", err, out)
	}
	if got := p.kernelspec(filepath.Join(home, ".local/share/jupyter/kernels/gonb")); got.DisplayName != "Go of the class" || got.Argv[0] != spec.Argv[0] {
		t.Errorf("the user's kernelspec: got %+v, want that of the installation with another name", got)
	}

	c := other("lab", "--no-open", "--port", freePortForLab(t))
	stdout, err := c.StdoutPipe()
	must(t, err)
	must(t, c.Start())
	line := make([]byte, 200)
	n, err := stdout.Read(line)
	must(t, err)
	if !strings.HasPrefix(string(line[:n]), "http://localhost:") {
		t.Errorf("lab: got %q, want its address", line[:n])
	}
	must(t, c.Process.Signal(syscall.SIGTERM))
	c.Wait()
	asked, err := os.ReadFile(filepath.Join(home, "calls.lab"))
	must(t, err)
	for _, want := range []string{"--ServerApp.root_dir=" + home + "/speedup", "DATA=" + home + "/.local/share/speedup/jupyter/data"} {
		if !strings.Contains(string(asked), want+"\n") {
			t.Errorf("JupyterLab's arguments: want %s in\n%s", want, asked)
		}
	}
	if text, err := os.ReadFile(filepath.Join(home, "speedup/00-start-here.ipynb")); string(text) != "{}\n" {
		t.Errorf("the user's notebook: got %q, %v; want a copy", text, err)
	}
	if workspaces := list(t, filepath.Join(home, ".local/share/speedup/jupyter/workspaces")); len(workspaces) != 1 {
		t.Errorf("JupyterLab's workspaces: got %q, want one, which shows the first notebook", workspaces)
	}
	for name, off := range map[string]string{"labconfig/page_config.json": `"@jupyter/nbgrader:formgrader": true`, "jupyter_server_config.d/speedup.json": `"nbgrader.server_extensions.formgrader": false`} {
		if text, err := os.ReadFile(filepath.Join(p.checkout, ".venv/etc/jupyter", name)); !strings.Contains(string(text), off) {
			t.Errorf("%s: got %s, %v; want no formgrader for students", name, text, err)
		}
	}
	if _, err := os.Stat(filepath.Join(home, "speedup/coursework")); !os.IsNotExist(err) {
		t.Errorf("the user's coursework: got %v, want none", err)
	}
	expect(t, "what changed in the installation", differences(before, p.files()), nil)

	// The owner's next run keeps it open, without being told again.
	p.done(owner, "prepare")
	if spec := p.kernelspec(filepath.Join(p.checkout, ".venv/share/jupyter/kernels/gonb")); !strings.Contains(fmt.Sprint(spec), "--shared") {
		t.Errorf("after another prepare: got %+v, want --shared as before", spec)
	}
}

// files describes all files of the checkout.
func (p *place) files() map[string]string {
	p.t.Helper()
	all := map[string]string{}
	must(p.t, filepath.WalkDir(p.checkout, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err == nil {
			all[path] = fmt.Sprint(info.Mode(), info.ModTime(), info.Size())
		}
		return err
	}))
	return all
}

func differences(before, after map[string]string) (names []string) {
	for name, description := range after {
		if before[name] != description {
			names = append(names, name)
		}
	}
	return names
}

// The course's notebooks come and are updated, and a student's edits stay.
func TestNotebooksAreDeliveredAroundAStudentsEdits(t *testing.T) {
	t.Parallel()
	python, err := exec.LookPath("python3")
	must(t, err)
	course, student := t.TempDir(), filepath.Join(t.TempDir(), "speedup")
	write := func(dir, name, text string) {
		t.Helper()
		must(t, os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755))
		must(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644))
	}
	deliver := func(want string) {
		t.Helper()
		out, err := exec.CommandContext(t.Context(), python, "deliver.py", course, student, "--record", student+".json").CombinedOutput()
		if got := strings.ReplaceAll(string(out), filepath.Dir(student)+"/", ""); err != nil || strings.ReplaceAll(got, course, "COURSE") != want {
			t.Errorf("got %v %q, want %q", err, got, want)
		}
	}
	holds := func(name, want string) {
		t.Helper()
		if text, err := os.ReadFile(filepath.Join(student, name)); string(text) != want {
			t.Errorf("%s: got %q, %v; want %q", name, text, err, want)
		}
	}
	for _, name := range []string{"a", "b", "c/d", "coursework/source/solution", ".hidden"} {
		write(course, name, "1")
	}
	deliver("3 files of the course are new or updated in speedup\n")
	deliver("")
	write(student, "b", "mine")
	write(student, "own", "mine")
	deliver("")
	write(course, "a", "2")
	write(course, "b", "2")
	must(t, os.Remove(filepath.Join(student, "c/d")))
	for range 2 {
		const kept = "speedup/b has your changes and stays; the course has a newer one: COURSE/b\n"
		if text, _ := os.ReadFile(filepath.Join(student, "a")); string(text) == "1" {
			deliver("2 files of the course are new or updated in speedup\n" + kept)
		} else {
			deliver(kept)
		}
	}
	holds("a", "2")
	holds("b", "mine")
	holds("own", "mine")
	holds("c/d", "1")
	if _, err := os.Stat(filepath.Join(student, "coursework")); !os.IsNotExist(err) {
		t.Errorf("coursework: got %v, want it left out", err)
	}
}

// JupyterLab shows the first notebook the first time, and later what was open.
func TestTheFirstNotebookOpensOnce(t *testing.T) {
	t.Parallel()
	python, err := exec.LookPath("python3")
	must(t, err)
	workspaces, root := filepath.Join(t.TempDir(), "workspaces"), t.TempDir()
	open := func() {
		t.Helper()
		if out, err := exec.CommandContext(t.Context(), python, "first_page.py", workspaces, root).CombinedOutput(); err != nil {
			t.Errorf("first_page.py: %v\n%s", err, out)
		}
	}
	open() // another folder than the course's
	if _, err := os.Stat(workspaces); !os.IsNotExist(err) {
		t.Errorf("without the notebook: got %v, want nothing made", err)
	}
	must(t, os.WriteFile(filepath.Join(root, "00-start-here.ipynb"), []byte("{}"), 0o644))
	open()
	expect(t, "workspaces", list(t, workspaces), []string{"default-37a8.jupyterlab-workspace"})
	used := filepath.Join(workspaces, "default-37a8.jupyterlab-workspace")
	must(t, os.WriteFile(used, []byte("what was open"), 0o644))
	open()
	if text, err := os.ReadFile(used); string(text) != "what was open" {
		t.Errorf("the second time: got %q, %v; want what was open", text, err)
	}
}

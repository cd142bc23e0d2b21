//go:build !browser && !notebooks

package lab_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// A place is a folder with a copy of install.sh and its parts, and fakes of Go
// and Python. Its PATH contains only these and the tools that install.sh may
// use. It needs no network and no home folder, and a run takes a tenth of a
// second.
type place struct {
	t        *testing.T
	checkout string
	fakes    string // first on PATH
	home     string
	calls    string // the file to which the fakes write their calls
}

// tools lists the programs that install.sh may call on any Linux or macOS.
var tools = []string{
	"awk", "basename", "bash", "cat", "chmod", "cksum", "cmp", "cp", "df", "dirname", "env", "find", "grep", "head",
	"id", "ls", "ln", "mkdir", "mkfifo", "mv", "readlink", "rm", "rmdir", "sed", "sleep", "sort", "tail", "tr", "uname", "xargs",
}

// fakeGo works like Go's build cache: it builds nothing if its last output
// still exists and if the key, a checksum of the sources, is unchanged.
const fakeGo = `#!/usr/bin/env bash
case $1 in
version) echo "go version ${GO_VERSION:-go1.26.8} linux/amd64"; exit ;;
env) printf '%s\n' "${GO_ROOT:-/usr/lib/go}" "$HOME/go-build" "$HOME/go/pkg/mod" https://proxy.invalid '' 1 linux; exit ;;
vet | test) echo "go $* long=${SPEEDUP_LONG:-no}" >>"$CALLS"; exit ;;
esac
if [ -n "${GO_SAYS:-}" ]; then echo "$GO_SAYS" >&2; exit 1; fi
asked="$*" command=$1 out=${GOBIN:+$GOBIN/}
while [ $# -gt 0 ]; do
	[ "$1" != -o ] || out=$2
	last=$1
	shift
done
sources() { find go.mod "$@" -type f ! -path 'kernel-helpers/lab/*' -exec cksum {} + | sort; }
names=
case $asked in
install*gopls*) names=gopls key=pinned ;;
install*dlv*) names=dlv key=pinned ;;
build*-o\ *cmd/...) names='nbrun goimports' key=$(sources kernel-helpers workloads) ;;
run*gonb-build*) names=/ key=$(sources kernel-helpers/cellbuild kernel-helpers/internal/gonb) ;;
*" runtime/pprof time") key=std ;; # what the cell with the leak profile imports
*) key=$(sources workloads) ;; # what cells import
esac
key=$(echo "${GO_VERSION:-} $key" | cksum)
new=
for name in $names; do
	[ "$(cat "${out%/}/$name" 2>/dev/null || cat "$out" 2>/dev/null)" = "$key" ] || new=yes
done
if [ -z "$names" ]; then
	cache=$CALLS.cache-$(echo "$asked" | cksum | tr ' ' -)
	[ "$(cat "$cache" 2>/dev/null)" = "$key" ] || { new=yes; echo "$key" >"$cache"; echo compiled >&2; }
fi
[ -n "$new" ] || exit 0
echo "go $asked" >>"$CALLS"
if [ "$names" = / ]; then rm -f "$out"; echo "$key" >"$out"; chmod +x "$out"; exit; fi
for name in $names; do rm -f "$out$name"; echo "$key" >"$out$name"; chmod +x "$out$name"; done
`

const fakePython = `#!/usr/bin/env bash
case $1-$2 in
-c-*ensurepip*) echo "${PYTHON_IS:-good 3.12.1} $0" ;;
-c-*) exec "$REAL_PYTHON" "$@" ;;
-m-venv)
	echo "venv $3" >>"$CALLS"
	mkdir -p "$3/bin" && cp "$0" "$3/bin/python" ;;
-m-pip)
	if [ "$3" = config ]; then printf '%b' "${PIP_CONFIG:-}"; exit; fi
	for last; do :; done
	echo "pip ${last##*/}" >>"$CALLS"
	if [ -n "${PIP_SAYS:-}" ]; then echo "$PIP_SAYS"; exit 1; fi
	if [ -n "${PIP_WAITS:-}" ]; then sleep 600; fi
	case $last in
	*requirements-uv.txt)
		while [ "$1" != --target ]; do shift; done
		mkdir -p "$2/bin"
		printf '#!/usr/bin/env bash\necho "uv $UV_DEFAULT_INDEX" >>"$CALLS"\n[ -z "$UV_SAYS" ] || { echo "$UV_SAYS"; exit 1; }\n' >"$2/bin/uv"
		chmod +x "$2/bin/uv" ;;
	*requirements-bench.txt)
		if [ -n "${NUMPY_SAYS:-}" ]; then echo "$NUMPY_SAYS"; exit 1; fi
		mkdir -p "$(dirname "$0")/../lib/python3.12/site-packages/numpy" ;;
	esac ;;
*deliver.py-* | *first_page.py-*) exec "$REAL_PYTHON" "$@" ;;
-m-jupyterlab)
	printf '%s\n' "$@" "PWD=$PWD" "DATA=$JUPYTER_DATA_DIR" >"$CALLS.lab"
	for option; do case $option in --ServerApp.port=*) port=${option#*=} ;; esac; done
	exec "$REAL_PYTHON" -m http.server --bind 127.0.0.1 "$port" ;;
esac
`

func newPlace(t *testing.T) *place {
	t.Helper()
	dir := t.TempDir()
	p := &place{
		t:        t,
		checkout: filepath.Join(dir, "it's a checkout & more é"),
		fakes:    filepath.Join(dir, "fakes"),
		home:     filepath.Join(dir, "home"),
		calls:    filepath.Join(dir, "calls"),
	}
	for _, folder := range []string{p.checkout, p.fakes, p.home} {
		must(t, os.MkdirAll(folder, 0o755))
	}
	for _, name := range tools {
		path, err := exec.LookPath(name)
		must(t, err)
		must(t, os.Symlink(path, filepath.Join(p.fakes, name)))
	}
	p.fake("go", fakeGo)
	p.fake("python3", fakePython)
	for _, pattern := range []string{"install.sh", "go.mod", "go.sum", "kernel-helpers/lab/*.*", "kernel-helpers/lab/hub/*/*/*", "kernel-helpers/lab/frontends/*.txt"} {
		matches, err := filepath.Glob(filepath.Join("../..", pattern))
		must(t, err)
		for _, name := range matches {
			if !strings.HasSuffix(name, ".go") {
				copyFile(t, name, filepath.Join(p.checkout, strings.TrimPrefix(name, "../..")))
			}
		}
	}
	p.write("kernel-helpers/cmd/nbrun/main.go", "package main\n")
	p.write("kernel-helpers/cellbuild/build.go", "package cellbuild\n")
	p.write("kernel-helpers/internal/gonb/01.patch", "a patch\n")
	p.write("kernel-helpers/internal/supervisor/peers.py", "pass\n")
	p.write("workloads/sites/sites.go", "package sites\n")
	p.write("notebooks/00-start-here.ipynb", "{}\n")
	return p
}

func (p *place) fake(name, script string) {
	must(p.t, os.WriteFile(filepath.Join(p.fakes, name), []byte(script), 0o755))
}

// write creates or replaces a file of the checkout.
func (p *place) write(name, text string) {
	path := filepath.Join(p.checkout, name)
	must(p.t, os.MkdirAll(filepath.Dir(path), 0o755))
	must(p.t, os.WriteFile(path, []byte(text), 0o644))
}

// command returns a command that runs install.sh with additional environment
// variables.
func (p *place) command(environment []string, arguments ...string) *exec.Cmd {
	p.t.Helper()
	python, err := exec.LookPath("python3")
	must(p.t, err)
	c := exec.CommandContext(p.t.Context(), filepath.Join(p.checkout, "install.sh"), arguments...)
	c.Dir = "/"
	c.Env = append([]string{"PATH=" + p.fakes, "HOME=" + p.home, "CALLS=" + p.calls, "REAL_PYTHON=" + python,
		"TMPDIR=" + os.TempDir()}, environment...)
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	c.WaitDelay = 10 * time.Second
	return c
}

// run runs install.sh and returns its exit status and its output.
func (p *place) run(environment []string, arguments ...string) (status int, stdout, stderr string) {
	p.t.Helper()
	c := p.command(environment, arguments...)
	var out, errs bytes.Buffer
	c.Stdout, c.Stderr = &out, &errs
	err := c.Run()
	if _, ok := errors.AsType[*exec.ExitError](err); err != nil && !ok {
		p.t.Fatal(err)
	}
	return c.ProcessState.ExitCode(), out.String(), errs.String()
}

// done runs install.sh, which must succeed, and returns what the fakes built.
func (p *place) done(environment []string, arguments ...string) []string {
	p.t.Helper()
	must(p.t, os.WriteFile(p.calls, nil, 0o644))
	if status, out, errs := p.run(environment, arguments...); status != 0 {
		p.t.Fatalf("install.sh %v: status %d\n%s%s", arguments, status, out, errs)
	}
	return p.made()
}

// made returns what was built since the last call of done. It is sorted,
// because steps run in parallel.
func (p *place) made() []string {
	text, err := os.ReadFile(p.calls)
	must(p.t, err)
	var made []string
	for line := range strings.Lines(string(text)) {
		words := strings.Fields(line)
		switch {
		case words[0] == "venv", words[0] == "uv":
			made = append(made, words[0])
		case words[0] == "pip":
			made = append(made, strings.TrimSuffix(words[1], ".txt"))
		case words[1] == "build" && slices.Contains(words, "-race"):
			made = append(made, "cells with -race")
		case words[1] == "build" && words[len(words)-1] == "time":
			made = append(made, "leak profile")
		case words[1] == "build" && !slices.Contains(words, "-o"):
			made = append(made, "cells")
		case words[1] == "build":
			made = append(made, "own")
		case words[1] == "install":
			made = append(made, words[len(words)-1])
		case words[1] == "run":
			made = append(made, "gonb")
		}
	}
	slices.Sort(made)
	return made
}

const (
	goplsVersion = "golang.org/x/tools/gopls@v0.23.0"
	delveVersion = "github.com/go-delve/delve/cmd/dlv@v1.27.2"
)

var (
	goPart     = []string{"cells", "cells with -race", delveVersion, goplsVersion, "gonb", "leak profile", "own"}
	pythonPart = []string{"requirements-uv", "uv", "venv"}
	everything = slices.Concat(goPart, pythonPart)
)

func TestInstallDoesEachStepOnce(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	expect(t, "the first run", p.done(nil, "prepare"), everything)
	expect(t, "the second run", p.done(nil, "prepare"), nil)

	t.Run("another lock file rebuilds only the venv", func(t *testing.T) {
		p.write("kernel-helpers/lab/requirements.txt", "# other\n")
		expect(t, "made", p.done(nil, "prepare"), pythonPart)
	})
	t.Run("a changed source rebuilds our commands", func(t *testing.T) {
		p.write("kernel-helpers/cmd/nbrun/main.go", "package main // changed\n")
		expect(t, "made", p.done(nil, "prepare"), []string{"own"})
	})
	for _, name := range []string{"kernel-helpers/internal/supervisor/peers.py", "workloads/sites/sites.go", "kernel-helpers/cellbuild/build.go", "kernel-helpers/internal/gonb/01.patch"} {
		t.Run("a change of "+name, func(t *testing.T) {
			p.write(name, "changed")
			want := map[string][]string{"peers.py": {"own"}, "sites.go": {"cells", "cells with -race", "own"}, "build.go": {"gonb", "own"}, "01.patch": {"gonb", "own"}}
			expect(t, "made", p.done(nil, "prepare"), want[filepath.Base(name)])
			expect(t, "made by the next run", p.done(nil, "prepare"), nil)
		})
	}
	t.Run("a removed program is rebuilt", func(t *testing.T) {
		must(t, os.Remove(filepath.Join(p.checkout, "bin/gopls")))
		expect(t, "made", p.done(nil, "prepare"), []string{goplsVersion})
		must(t, os.Remove(filepath.Join(p.checkout, "bin/dlv")))
		expect(t, "made", p.done(nil, "prepare"), []string{delveVersion})
	})
	t.Run("a removed venv is rebuilt with the kernelspec", func(t *testing.T) {
		must(t, os.RemoveAll(filepath.Join(p.checkout, ".venv")))
		expect(t, "made", p.done(nil, "prepare"), pythonPart)
		p.kernelspec(filepath.Join(p.checkout, ".venv/share/jupyter/kernels/gonb"))
	})
	t.Run("another Go version rebuilds all programs but not the venv", func(t *testing.T) {
		expect(t, "made", p.done([]string{"GO_VERSION=go1.27.1"}, "prepare"), goPart)
		expect(t, "made", p.done(nil, "prepare"), goPart)
	})
	t.Run("a moved checkout is repaired", func(t *testing.T) {
		moved := filepath.Join(filepath.Dir(p.checkout), "moved")
		must(t, os.Rename(p.checkout, moved))
		p.checkout = moved
		expect(t, "made", p.done(nil, "prepare"), pythonPart)
		spec := p.kernelspec(filepath.Join(moved, ".venv/share/jupyter/kernels/gonb"))
		if want := filepath.Join(moved, "bin/gonb-kernel"); spec.Argv[0] != want {
			t.Errorf("the kernelspec: got the program %s, want %s", spec.Argv[0], want)
		}
	})
	if names := list(t, p.home); len(names) > 0 {
		t.Errorf("the home folder: got %q, want no files", names)
	}
}

func TestBenchInstallsNumpyOnceAndRunsWithoutIt(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	p.done(nil, "prepare")
	p.write("bin/speedup-bench", "#!/usr/bin/env bash\necho measured \"$@\"\n")
	must(t, os.Chmod(filepath.Join(p.checkout, "bin/speedup-bench"), 0o755))

	must(t, os.WriteFile(p.calls, nil, 0o644))
	status, out, errs := p.run([]string{"NUMPY_SAYS=ERROR: Connection refused"}, "bench", "--quick")
	if status != 0 || out != "measured --quick\n" || !strings.Contains(errs, "bench leaves numpy's side out") {
		t.Errorf("got status %d, output\n%s%s\nwant status 0 and a note that numpy's side is omitted", status, out, errs)
	}
	expect(t, "made without a registry", p.made(), []string{"requirements-bench"})
	expect(t, "made by the next run", p.done(nil, "bench"), []string{"requirements-bench"})
	expect(t, "made by the run after it", p.done(nil, "bench"), nil)
	must(t, os.RemoveAll(filepath.Join(p.checkout, ".venv")))
	expect(t, "made where the venv was removed", p.done(nil, "bench"), []string{"requirements-bench", "requirements-uv", "uv", "venv"})
}

func TestTheKernelspecHoldsThisCheckout(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	p.done([]string{"PATH=" + p.fakes + "::" + p.fakes + ":/a \"b\"", "GOPROXY=x"}, "prepare")
	spec := p.kernelspec(filepath.Join(p.checkout, ".venv/share/jupyter/kernels/gonb"))
	if !slices.Contains(spec.Argv, p.checkout) {
		t.Errorf("argv: got %q, want the checkout in it", spec.Argv)
	}
	for key, want := range map[string]string{
		"PATH":    p.checkout + "/bin:/usr/lib/go/bin:" + p.fakes + ":/a \"b\"",
		"GOPROXY": (&url.URL{Scheme: "file", Path: p.home + "/go/pkg/mod/cache/download"}).String() + "|https://proxy.invalid",
		"GOFLAGS": "-ldflags=-w",
		"GOWORK":  "",
	} {
		if got, ok := spec.Env[key]; !ok || got != want {
			t.Errorf("%s: got %q, want %q", key, got, want)
		}
	}
	if spec.DisplayName != "Go (gonb)" || spec.Language != "go" || spec.InterruptMode != "message" {
		t.Errorf("got %+v, want Go (gonb), go, message", spec)
	}
}

// TestWhatIsMissingIsNamedInOneLine covers the failures that a user may
// encounter.
func TestWhatIsMissingIsNamedInOneLine(t *testing.T) {
	busy, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	t.Cleanup(func() { busy.Close() }) // the subtests run after this function returns
	port := strconv.Itoa(busy.Addr().(*net.TCPAddr).Port)

	for name, test := range map[string]struct {
		change      func(p *place)
		environment []string
		arguments   []string
		want        []string // what the line holds
	}{
		"Go is missing": {
			change: func(p *place) { must(t, os.Remove(filepath.Join(p.fakes, "go"))) },
			want:   []string{"Go is missing", "install Go 1.26 or newer"},
		},
		"Go is too old": {
			environment: []string{"GO_VERSION=go1.25.9"},
			want:        []string{"Go 1.25.9", "too old", "install Go 1.26 or newer"},
		},
		"Go is far too old": {
			environment: []string{"GO_VERSION=go1.4"},
			want:        []string{"Go 1.4", "too old"},
		},
		"Go does not run": {
			change: func(p *place) { p.fake("go", "#!/usr/bin/env bash\necho no toolchain\nexit 1\n") },
			want:   []string{"Go does not run", "no toolchain", "install Go"},
		},
		"Python is missing": {
			change: func(p *place) { must(t, os.Remove(filepath.Join(p.fakes, "python3"))) },
			want:   []string{"Python is missing", "install Python 3.10 or newer"},
		},
		"Python is too old": {
			environment: []string{"PYTHON_IS=old 3.9.2"},
			want:        []string{"Python 3.9.2", "too old", "install Python 3.10 or newer"},
		},
		"Python has no venv": {
			environment: []string{"PYTHON_IS=bare 3.11.2"},
			want:        []string{"Python 3.11.2", "no venv", "apt-get install python3-venv"},
		},
		"the registry of Python packages is out of reach": {
			environment: []string{"PIP_SAYS=WARNING: Retrying after NewConnectionError: Connection refused"},
			want:        []string{"registry", "cannot be reached", "PIP_INDEX_URL", "venv.log"},
		},
		"a package is not the locked one": {
			environment: []string{"PIP_SAYS=ERROR: THESE PACKAGES DO NOT MATCH THE HASHES"},
			want:        []string{"not the one that the lock file names"},
		},
		"the registry of Go modules is out of reach": {
			environment: []string{"GO_SAYS=dial tcp: lookup proxy.invalid: no such host"},
			want:        []string{"registry", "cannot be reached", "GOPROXY", "details: "},
		},
		"the disk is full": {
			environment: []string{"GO_SAYS=write /tmp/x: no space left on device"},
			want:        []string{"disk full", "free some space"},
		},
		"something else": {
			environment: []string{"GO_SAYS=a cosmic ray"},
			want:        []string{"a cosmic ray", "details: "},
		},
		"the checkout cannot be written": {
			change: func(p *place) { p.write(".lab", "a file in the way") },
			want:   []string{"cannot be written", "chown"},
		},
		"the port is taken": {
			arguments: []string{"lab", "--no-open", "--port", port},
			want:      []string{"port " + port + " is taken", "--port"},
		},
		"a comma in the path": {
			change: func(p *place) {
				moved := p.checkout + ", and more"
				must(t, os.Rename(p.checkout, moved))
				p.checkout = moved
			},
			want: []string{"comma", "move the checkout"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPlace(t)
			if test.change != nil {
				test.change(p)
			}
			if test.arguments == nil {
				test.arguments = []string{"prepare"}
			}
			status, stdout, stderr := p.run(test.environment, test.arguments...)
			if status != 1 {
				t.Errorf("got status %d, want 1", status)
			}
			line := complaint(t, stderr)
			for _, want := range test.want {
				if !strings.Contains(line, want) {
					t.Errorf("got %q, want %q in it", line, want)
				}
			}
			if stdout != "" {
				t.Errorf("stdout: got %q, want no output", stdout)
			}
		})
	}
}

func TestARunContinuesWhereTheLastOneFailed(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	if status, _, _ := p.run([]string{"GO_SAYS=dial tcp: connection refused"}, "prepare"); status != 1 {
		t.Fatalf("got status %d, want 1", status)
	}
	if made := p.done(nil, "prepare"); !slices.Contains(made, "own") {
		t.Errorf("the next run: got %q, want own in it", made)
	}
	expect(t, "made by the run after it", p.done(nil, "prepare"), nil)
}

func TestPipInstallsIfUvCannot(t *testing.T) {
	for name, test := range map[string]struct {
		environment []string
		want        []string
	}{
		"uv fails":                 {[]string{"UV_SAYS=no wheel for this system"}, []string{"requirements", "requirements-uv", "uv", "venv"}},
		"a setting of pip's alone": {[]string{`PIP_CONFIG=global.trusted-host='mirror'\n`}, []string{"requirements", "venv"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPlace(t)
			made := p.done(test.environment, "prepare")
			expect(t, "made", slices.DeleteFunc(made, func(name string) bool { return slices.Contains(goPart, name) }), test.want)
		})
	}
}

func TestUvUsesTheIndexOfPip(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	p.done([]string{`PIP_CONFIG=:env:.index-url='https://mine.invalid/simple'\nglobal.index-url='https://all.invalid'\nglobal.timeout='9'\n`}, "prepare")
	text, err := os.ReadFile(p.calls)
	must(t, err)
	if want := "uv https://mine.invalid/simple\n"; !strings.Contains(string(text), want) {
		t.Errorf("want %q in\n%s", want, text)
	}
}

func TestAnInterruptLeavesNothingRunning(t *testing.T) {
	for name, signal := range map[string]syscall.Signal{"Ctrl-C": syscall.SIGINT, "kill": syscall.SIGTERM, "kill -9": syscall.SIGKILL} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPlace(t)
			mark := "PIP_WAITS=" + p.home // also identifies processes that are left
			c := p.command([]string{mark}, "prepare")
			must(t, c.Start())
			p.await("pip requirements-uv.txt")
			must(t, c.Process.Signal(signal))
			c.Wait()
			p.awaitNone(mark)
			made := p.done(nil, "prepare") // what was built is kept
			expect(t, "made of the venv", slices.DeleteFunc(made, func(name string) bool { return slices.Contains(goPart, name) }), pythonPart)
			expect(t, "made by the run after it", p.done(nil, "prepare"), nil)
			for _, name := range list(t, filepath.Join(p.checkout, ".lab")) {
				if strings.HasPrefix(name, "tmp.") || strings.HasPrefix(name, "lock") {
					t.Errorf(".lab/%s was not removed", name)
				}
			}
		})
	}
}

func TestConcurrentRunsWaitForEachOther(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	first := p.command([]string{"PIP_WAITS=yes"}, "prepare")
	must(t, first.Start())
	p.await("pip requirements-uv.txt")

	second := p.command(nil, "prepare")
	told, err := second.StderrPipe()
	must(t, err)
	must(t, second.Start())
	line := make([]byte, 300)
	n, err := told.Read(line)
	must(t, err)
	if want := fmt.Sprintf("Another install.sh (process %d)", first.Process.Pid); !strings.Contains(string(line[:n]), want) {
		t.Errorf("the second run: got %q, want %q", line[:n], want)
	}
	must(t, first.Process.Signal(syscall.SIGTERM))
	first.Wait()
	if err := second.Wait(); err != nil {
		t.Errorf("the second run: got error %v, want none", err)
	}
	expect(t, "left to make", p.done(nil, "prepare"), nil)
}

func TestLabStartsTheServerAndPrintsItsAddress(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	port := freePortForLab(t)
	c := p.command([]string{"JUPYTER_TOKEN=secret"}, "lab", "--no-open", "--port", port)
	stdout, err := c.StdoutPipe()
	must(t, err)
	must(t, c.Start())
	line := make([]byte, 200)
	n, err := stdout.Read(line)
	must(t, err)
	if got, want := string(line[:n]), "http://localhost:"+port+"/lab?token=secret\n"; got != want {
		t.Errorf("stdout: got %q, want %q", got, want)
	}
	must(t, c.Process.Signal(syscall.SIGTERM))
	c.Wait()

	text, err := os.ReadFile(p.calls + ".lab")
	must(t, err)
	asked := strings.Split(string(text), "\n")
	wanted := []string{"--no-browser", "--ServerApp.port=" + port, "--ServerApp.root_dir=" + p.checkout + "/notebooks",
		"DATA=" + p.checkout + "/.lab/jupyter/data"}
	if os.Getuid() == 0 {
		wanted = append(wanted, "--allow-root")
	}
	for _, want := range wanted {
		if !slices.Contains(asked, want) {
			t.Errorf("JupyterLab's arguments: want %s in %q", want, asked)
		}
	}
}

func TestKernelUserAddsAndRemovesOnlyOurKernelspec(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	must(t, os.Remove(filepath.Join(p.fakes, "python3"))) // only Go is needed
	data := filepath.Join(p.home, "data")
	environment := []string{"JUPYTER_DATA_DIR=" + data}
	spec := filepath.Join(data, "kernels/gonb")

	expect(t, "made", p.done(environment, "kernel", "--user"), goPart)
	if got := p.kernelspec(spec).Argv[0]; got != p.checkout+"/bin/gonb-kernel" {
		t.Errorf("the kernelspec: got the program %s, want gonb-kernel of the checkout", got)
	}
	expect(t, "made by a second run", p.done(environment, "kernel", "--user"), nil)
	p.done(environment, "kernel", "--user", "--remove")
	if names := list(t, filepath.Join(data, "kernels")); len(names) > 0 {
		t.Errorf("after --remove: got %q, want no kernelspec", names)
	}
	if status, _, stderr := p.run(environment, "kernel", "--user", "--remove"); status != 0 || !strings.Contains(stderr, "no kernelspec of ours") {
		t.Errorf("the second --remove: got status %d, stderr %q; want status 0 and that there is no kernelspec of ours", status, stderr)
	}

	t.Run("under another name, and for all users", func(t *testing.T) {
		prefix := filepath.Join(p.home, "all users")
		for folder, where := range map[string][]string{data: {"--user"}, filepath.Join(prefix, "share/jupyter"): {"--prefix", prefix}} {
			arguments := append(append([]string{"kernel"}, where...), "--name", "go-course", "--display-name", `Go "of" R&D`)
			_, out, errs := p.run(environment, arguments...)
			named := p.kernelspec(filepath.Join(folder, "kernels/go-course"))
			if named.DisplayName != `Go "of" R&D` || named.Argv[0] != p.checkout+"/bin/gonb-kernel" {
				t.Errorf("%v: got the kernelspec %+v, want it with the given name", arguments, named)
			}
			if _, err := os.Stat(filepath.Join(folder, "kernels/gonb")); !os.IsNotExist(err) {
				t.Errorf("%v: the kernelspec gonb: got %v, want it left alone", arguments, err)
			}
			if said := out + errs; !strings.Contains(said, where[0]) || !strings.Contains(said, " --name go-course --remove` takes it out") {
				t.Errorf("%v: got\n%s\nwant the command that removes it", arguments, said)
			}
			p.done(environment, append(append([]string{"kernel"}, where...), "--name", "go-course", "--remove")...)
			if names := list(t, filepath.Join(folder, "kernels")); len(names) > 0 {
				t.Errorf("%v: after --remove: got %q, want no kernelspec", arguments, names)
			}
		}
	})
	t.Run("another kernelspec is not touched", func(t *testing.T) {
		must(t, os.MkdirAll(spec, 0o755))
		must(t, os.WriteFile(filepath.Join(spec, "kernel.json"), []byte("theirs"), 0o644))
		for _, arguments := range [][]string{{"kernel", "--user"}, {"kernel", "--user", "--remove"}} {
			status, _, stderr := p.run(environment, arguments...)
			if line := complaint(t, stderr); status != 1 || !strings.Contains(line, spec) {
				t.Errorf("%v: got status %d, %q; want status 1 and the path", arguments, status, line)
			}
		}
		if text, err := os.ReadFile(filepath.Join(spec, "kernel.json")); string(text) != "theirs" {
			t.Errorf("the other kernelspec: got %q, %v; want it unchanged", text, err)
		}
	})
}

func TestQuickTestsNeedOnlyGoAndInstallNothing(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	must(t, os.Remove(filepath.Join(p.fakes, "python3")))
	status, out, errs := p.run(p.withGofmt(), "test", "--quick")
	if status != 0 || !strings.Contains(out, "\n3 passed, 0 failed\n") || errs != "" {
		t.Errorf("got status %d, output\n%s%s\nwant status 0 and 3 passed", status, out, errs)
	}
	asked := p.asked()
	if want := "go test -vet=off -exec env -u GOWORK -short -timeout 5m ./... long=no"; !slices.Contains(asked, want) {
		t.Errorf("calls: got %q, want %q in them", asked, want)
	}
	expect(t, "made", slices.DeleteFunc(asked, func(call string) bool {
		return !strings.HasPrefix(call, "go build") && !strings.HasPrefix(call, "go run")
	}), nil)

	for _, name := range list(t, filepath.Join(p.checkout, ".lab")) {
		if strings.HasPrefix(name, "tmp.") || strings.HasPrefix(name, "lock") {
			t.Errorf(".lab/%s was left", name)
		}
	}

	p.fake("gofmt", "#!/usr/bin/env bash\necho kernel-helpers/cmd/nbrun/main.go\n")
	if status, out, _ := p.run(p.withGofmt(), "test", "--quick"); status != 1 || !strings.Contains(out, "\n2 passed, 1 failed\n") {
		t.Errorf("with a file that is not formatted: got status %d, output\n%s\nwant status 1 and 1 failed", status, out)
	}
}

func TestLongRunsAllTests(t *testing.T) {
	t.Parallel()
	for argument, want := range map[string]string{
		"--long":       "go test -vet=off -exec env -u GOWORK -race -timeout 60m ./... long=1",
		"--no-browser": "go test -vet=off -exec env -u GOWORK -race -timeout 30m ./... long=no",
	} {
		p := newPlace(t)
		for _, program := range []string{"bwrap", "shellcheck", "chromium"} {
			p.fake(program, "#!/usr/bin/env bash\n")
		}
		status, out, errs := p.run(p.withGofmt(), "test", argument)
		if asked := p.asked(); !slices.Contains(asked, want) {
			t.Errorf("test %s: calls: got %q, want %q in them\n%s%s", argument, asked, want, out, errs)
		}
		if !strings.Contains(out, " failed  ") || status != 1 { // bin/coursework does nothing in this place
			t.Errorf("test %s: got status %d, want 1 and the check that failed\n%s", argument, status, out)
		}
	}
}

// withGofmt returns the environment with which install.sh finds a gofmt among
// the fakes.
func (p *place) withGofmt() []string {
	p.t.Helper()
	root := filepath.Join(p.home, "goroot")
	if _, err := os.Stat(root); err != nil {
		must(p.t, os.Mkdir(root, 0o755))
		must(p.t, os.Symlink(p.fakes, filepath.Join(root, "bin")))
		p.fake("gofmt", "#!/usr/bin/env bash\n")
	}
	return []string{"GO_ROOT=" + root}
}

// asked returns the calls of the fakes.
func (p *place) asked() []string {
	p.t.Helper()
	text, err := os.ReadFile(p.calls)
	must(p.t, err)
	return strings.Split(strings.TrimSpace(string(text)), "\n")
}

func TestWrongUsageHasStatus2(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	for _, arguments := range [][]string{
		{}, {"lap"}, {"lab", "--port"}, {"lab", "--port", "x"}, {"lab", "--port", "65536"}, {"lab", "more"},
		{"kernel"}, {"kernel", "--user", "--more"}, {"kernel", "--user", "--name"}, {"kernel", "--user", "--name", "a/b"},
		{"kernel", "--user", "--prefix", "/a"}, {"kernel", "--prefix", "a"}, {"test", "--quick", "--long"}, {"test", "--fast"}, {"prepare", "all"}, {"prepare", "--all"},
		{"hub", "more"}, {"hub", "--class"}, {"hub", "--class", "a"}, {"hub", "--check", "--no-start"},
	} {
		status, _, stderr := p.run(nil, arguments...)
		if line := complaint(t, stderr); status != 2 || !strings.Contains(line, "--help") {
			t.Errorf("install.sh %v: got status %d, %q; want status 2 and --help", arguments, status, line)
		}
	}
	if status, stdout, _ := p.run(nil, "--help"); status != 0 || !strings.Contains(stdout, "./install.sh lab") {
		t.Errorf("--help: got status %d, stdout %q; want status 0 and the usage", status, stdout)
	}
	if _, err := os.Stat(p.checkout + "/.lab"); err == nil {
		t.Error("wrong usage changed the checkout")
	}
}

// complaint returns the single line of the error of install.sh.
func complaint(t *testing.T, stderr string) string {
	t.Helper()
	var lines []string
	for line := range strings.Lines(stderr) {
		if !strings.HasPrefix(line, "  ") { // a step
			lines = append(lines, line)
		}
	}
	if len(lines) != 1 || !strings.HasPrefix(lines[0], "install.sh: ") {
		t.Fatalf("got\n%s\nwant one line that begins with install.sh:", stderr)
	}
	return lines[0]
}

type kernelspec struct {
	Argv          []string
	DisplayName   string `json:"display_name"`
	Language      string
	InterruptMode string `json:"interrupt_mode"`
	Env           map[string]string
}

func (p *place) kernelspec(dir string) (spec kernelspec) {
	p.t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, "kernel.json"))
	must(p.t, err)
	if err := json.Unmarshal(text, &spec); err != nil {
		p.t.Fatalf("decode the kernelspec: %v in %s", err, text)
	}
	if strings.Contains(string(text), "@") {
		p.t.Errorf("got an unreplaced placeholder in %s", text)
	}
	return spec
}

// await waits until a fake is called with name.
func (p *place) await(name string) {
	p.t.Helper()
	p.poll("a call of "+name, func() bool {
		text, _ := os.ReadFile(p.calls)
		return strings.Contains(string(text), name+"\n")
	})
}

// awaitNone waits until no process has the environment variable mark.
func (p *place) awaitNone(mark string) {
	p.t.Helper()
	p.poll("the end of what was running", func() bool {
		environments, _ := filepath.Glob("/proc/[0-9]*/environ")
		return !slices.ContainsFunc(environments, func(name string) bool {
			text, err := os.ReadFile(name)
			return err == nil && slices.Contains(strings.Split(string(text), "\x00"), mark)
		})
	})
}

// poll checks a condition repeatedly for at most half a minute.
func (p *place) poll(what string, reached func() bool) {
	p.t.Helper()
	again := time.NewTicker(10 * time.Millisecond)
	defer again.Stop()
	limit := time.After(30 * time.Second)
	for !reached() {
		select {
		case <-again.C:
		case <-limit:
			p.t.Fatalf("waited 30 s for %s", what)
		}
	}
}

func expect(t *testing.T, what string, got, want []string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s: got %q, want %q", what, got, want)
	}
}

func list(t *testing.T, dir string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	must(t, err)
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	return names
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	info, err := os.Stat(from)
	must(t, err)
	text, err := os.ReadFile(from)
	must(t, err)
	must(t, os.MkdirAll(filepath.Dir(to), 0o755))
	must(t, os.WriteFile(to, text, info.Mode()))
}

func freePortForLab(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	defer listener.Close()
	return strconv.Itoa(listener.Addr().(*net.TCPAddr).Port)
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

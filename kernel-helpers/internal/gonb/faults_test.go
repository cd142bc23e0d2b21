//go:build unix

package gonb

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"example.com/speedup/kernel-helpers/base/longtest"
	"example.com/speedup/kernel-helpers/internal/jupyter"
)

var faults = []fault{
	{patch: "01-displays-lost", name: "a thousand small displays without Sync arrive in order", check: func(s *session) error {
		return s.displays(1000, 1)
	}},
	{patch: "01-displays-lost", name: "twenty large displays without Sync arrive in order", check: func(s *session) error {
		// When the program ends, up to 64 KB of a large display are still in the pipe.
		return errors.Join(s.displays(20, 1<<20), s.displays(20, 60_000))
	}},
	{patch: "02-utf8-cut", name: "megabytes of mixed text arrive unbroken", check: func(s *session) error {
		const line = "aé漢😀\n"
		times := longtest.Pick(5, 50) << 20 / len(line)
		c, err := s.run(context.Background(), fmt.Sprintf("%%%%\nw := bufio.NewWriter(os.Stdout)\nfor range %d {\n\tw.WriteString(%q)\n}\nw.Flush()\n"+
			"fmt.Fprint(os.Stderr, strings.Repeat(%q, 100000))", times, line, line), nil)
		if err != nil {
			return err
		}
		if c.out.String() != strings.Repeat(line, times) || c.err.String() != strings.Repeat(line, 100000) {
			return fmt.Errorf("got %d and %d bytes, %d and %d broken characters, want all text and none broken", c.out.Len(), c.err.Len(),
				strings.Count(c.out.String(), "\ufffd"), strings.Count(c.err.String(), "\ufffd"))
		}
		return nil
	}},
	{patch: "03-leftover-processes", name: "a shell's background process doesn't keep the cell", check: func(s *session) error {
		if err := s.prints("!sleep 600 & echo on", "on\n"); err != nil {
			return err
		}
		return s.prints("%%bash\nsleep 600 &\nsetsid sleep 600 &\n(setsid sleep 600 &) &\necho on", "on\n")
	}},
	{patch: "03-leftover-processes", name: "output of a process that the shell doesn't wait for is not lost", check: func(s *session) error {
		// Stock GoNB passes this without the process that stays.
		return s.prints("%%bash\nsleep 600 &\nexec > >(sed s/a/b/g; echo end)\nprintf 'aaa\\n%.0s' {1..20000}", strings.Repeat("bbb\n", 20000)+"end\n")
	}},
	{patch: "03-leftover-processes", name: "a Go cell's processes end with it", check: func(s *session) error {
		c, err := s.run(context.Background(), "%%\nc := exec.Command(\"sleep\", \"600\")\nc.Start()\nfmt.Print(c.Process.Pid)", nil)
		if err != nil {
			return err
		}
		return s.gone(c.out.String())
	}},
	{patch: "04-interrupt-program", name: "a program that ignores SIGINT ends", check: func(s *session) error {
		_, err := s.interrupted("%%\nsignal.Ignore(os.Interrupt, syscall.SIGTERM)\nfmt.Println(\"up\")\nfor {\n}", stream)
		return err
	}},
	{patch: "04-interrupt-program", name: "a shell's command ends with its background processes", check: func(s *session) error {
		_, err := s.interrupted("%%bash\ntrap '' INT\necho up\nsleep 600 & sleep 600", stream)
		return err
	}},
	{patch: "05-interrupt-build", name: "a build that hangs ends", scripts: hanging, check: func(s *session) error {
		return s.hanging("const hangBuild = 1")
	}},
	{patch: "05-interrupt-build", name: "a go get that hangs ends", scripts: hanging, check: func(s *session) error {
		return s.hanging("nosuch.HangGet()", "example.org/nosuch")
	}},
	{patch: "05-interrupt-build", name: "a goimports that hangs ends", scripts: hanging, check: func(s *session) error {
		return s.hanging("const hangImports = 1")
	}},
	{patch: "06-shell-errors", name: "a failing shell command is the cell's error", check: func(s *session) error {
		var errs error
		for _, code := range []string{"%%bash\nexit 3", "%%script sh\nexit 3", "!exit 3", "!exit 3\n%%\nfmt.Print(1)"} {
			c, err := s.run(context.Background(), code, nil)
			if err == nil && (c.reply.Status != "error" || !strings.Contains(c.reply.EValue, "exit status 3") || c.out.Len() > 0) {
				err = fmt.Errorf("%q: got %s, printed %q, want an error with exit status 3", code, c, c.out.String())
			}
			errs = errors.Join(errs, err)
		}
		return errs
	}},
	{patch: "07-errors-named-said-once", name: "errors have names", check: func(s *session) error {
		var errs error
		for code, name := range map[string]string{
			"%%\nos.Exit(3)":       "ExitError",
			"%%\nvar x int = \"\"": "CompileError",
			"func f() {":           "CompileError",
		} {
			c, err := s.run(context.Background(), code, nil)
			if err == nil && c.reply.EName != name {
				err = fmt.Errorf("%q: got the error %s, want %s", code, c.reply.EName, name)
			}
			errs = errors.Join(errs, err)
		}
		return errs
	}},
	{patch: "07-errors-named-said-once", name: "how a program ended is said once", check: func(s *session) error {
		c, err := s.run(context.Background(), "%%\nfmt.Fprint(os.Stderr, \"bye\")\nos.Exit(3)", nil)
		if err == nil && (c.err.String() != "bye" || c.reply.EValue != "exit status 3") {
			err = fmt.Errorf("got stderr %q and error %q, want bye and exit status 3", c.err.String(), c.reply.EValue)
		}
		return err
	}},
	{patch: "10-missing-fields", name: "what a request leaves out has the protocol's defaults", check: func(s *session) error {
		ctx, cancel := context.WithTimeout(context.Background(), s.wait)
		defer cancel()
		for _, content := range []map[string]any{{"code": "!true"}, {"code": "!true", "silent": true}, {}, {"code": "!true", "store_history": false}} {
			m, err := s.Request(ctx, jupyter.Shell, "execute_request", content)
			if err != nil {
				return err
			}
			var reply struct {
				Count int `json:"execution_count"`
			}
			if err := m.Decode(&reply); err != nil || reply.Count == 0 || reply.Count > 2 {
				return fmt.Errorf("%v: got %s, %w, want execution_count 1 or 2", content, m.Content, err)
			}
		}
		for _, msgType := range []string{"inspect_request", "complete_request"} {
			if _, err := s.Request(ctx, jupyter.Shell, msgType, map[string]any{"code": "%%bash"}); err != nil {
				return err
			}
		}
		return nil
	}},
	{patch: "11-allow-stdin", name: "a program that reads comes to an end where nobody answers", check: func(s *session) error {
		if err := s.prints("!cat", ""); err != nil {
			return err
		}
		return s.prints("%%\nb, err := io.ReadAll(os.Stdin)\nfmt.Print(len(b), err)", "0 <nil>")
	}},
	{patch: "13-gopls-start", name: "gopls doesn't run until it is needed", scripts: map[string]string{"gopls": "echo up >gopls.up"}, check: func(s *session) error {
		if err := s.prints("%%\nfmt.Print(1)", "1"); err != nil {
			return err
		}
		return s.noGoplsStarted()
	}},
	{patch: "13-gopls-start", name: "a completion doesn't wait for a time-out, and a gopls that died is started again", gopls: true, check: func(s *session) error {
		for started := 1; started <= 2; started++ {
			last, err := s.goplsNumber(started)
			if err != nil {
				return err
			}
			if err := syscall.Kill(last, syscall.SIGKILL); err != nil {
				return err
			}
		}
		return nil
	}},
	{patch: "14-completion-blocks-cells", name: "a cell doesn't wait for gopls", scripts: map[string]string{"gopls": "exec sleep 600"}, check: func(s *session) error {
		return s.wired(func(w *wire) error {
			for _, msgType := range []string{"complete_request", "inspect_request"} {
				if err := w.send(jupyter.Shell, msgType, map[string]any{"code": "%%\nfmt.P", "cursor_pos": 8, "detail_level": 0}); err != nil {
					return err
				}
			}
			m, err := w.ask(jupyter.Shell, "execute_request", map[string]any{"code": "!true", "silent": false, "store_history": true})
			if err == nil && m.Header.MsgType != "execute_reply" {
				err = fmt.Errorf("got %s first, want execute_reply", m.Header.MsgType)
			}
			return err
		})
	}},
	{patch: "14-completion-blocks-cells", name: "a completion beside a cell is answered, and leaves the kernel busy", check: func(s *session) error {
		hold, busy := filepath.Join(s.dir, "hold"), 0
		var asked error
		_, err := s.run(context.Background(), fmt.Sprintf("%%%%bash\necho up\nuntil [ -e %q ]; do sleep 0.01; done", hold), func(m jupyter.Message) {
			switch {
			case stream(m):
				ctx, cancel := context.WithTimeout(context.Background(), s.wait)
				defer cancel()
				_, asked = s.Request(ctx, jupyter.Shell, "complete_request", map[string]any{"code": "%%bash", "cursor_pos": 0})
				asked = errors.Join(asked, os.WriteFile(hold, nil, 0o600))
			case m.Header.MsgType == "status" && strings.Contains(string(m.Content), `"busy"`):
				busy++
			}
		})
		if err = errors.Join(err, asked); err == nil && busy != 2 {
			err = fmt.Errorf("got busy %d times, want 2", busy)
		}
		return err
	}},
	{patch: "14-completion-blocks-cells", name: "the program of a cell stays while a completion is answered beside it", gopls: true, check: func(s *session) error {
		for _, code := range []string{
			"%%%%\nfmt.Println(\"up\")\nfor {\n\tif _, err := os.Stat(%q); err == nil {\n\t\tpanic(\"the cell\")\n\t}\n\ttime.Sleep(time.Millisecond)\n}",
			"%%test\nfunc TestX(t *testing.T) {\n\tfmt.Println(\"up\")\n\tfor {\n\t\tif _, err := os.Stat(%q); err == nil {\n\t\t\tpanic(\"the cell\")\n\t\t}\n\t\ttime.Sleep(time.Millisecond)\n\t}\n}",
		} {
			if err := s.codeStays(code); err != nil {
				return err
			}
		}
		return nil
	}},
	{patch: "15-display-ids", name: "a cell that runs again makes its block again", check: func(s *session) error {
		for range 2 {
			c, err := s.run(context.Background(), "import \"github.com/janpfeifer/gonb/gonbui\"\n%%\ngonbui.UpdateHTML(\"fixed\", \"1\")\ngonbui.UpdateHTML(\"fixed\", \"2\")\ngonbui.Sync()", nil)
			if err != nil {
				return err
			}
			var types []string
			for _, d := range c.displays {
				types = append(types, d.MsgType)
			}
			if fmt.Sprint(types) != "[display_data update_display_data]" {
				return fmt.Errorf("got %v, want display_data and update_display_data", types)
			}
		}
		return nil
	}},
	{patch: "16-send-on-closed-channel", name: "a program that ends amid Syncs doesn't end the kernel", check: func(s *session) error {
		for range s.tries {
			_, err := s.run(context.Background(), "import \"github.com/janpfeifer/gonb/gonbui\"\n%%\nfor range 2000 {\n\tgo func() {\n\t\tfor {\n\t\t\tgonbui.Sync()\n\t\t}\n\t}()\n}\ntime.Sleep(50 * time.Millisecond)", nil)
			if err != nil {
				return err
			}
		}
		return nil
	}},
	{patch: "17-folders-without-packages", name: "folders without packages are not watched", check: func(s *session) error {
		module := filepath.Join(s.dir, "module")
		for _, folder := range []string{".", "sub", ".venv/lib", "_old", "node_modules/m", "sub/testdata"} {
			folder = filepath.Join(module, folder)
			if err := errors.Join(os.MkdirAll(folder, 0o700), os.WriteFile(filepath.Join(folder, "a.go"), []byte("package a"), 0o600)); err != nil {
				return err
			}
		}
		if err := os.WriteFile(filepath.Join(module, "go.mod"), []byte("module m\n"), 0o600); err != nil {
			return err
		}
		c, err := s.run(context.Background(), "!*go work use "+module+"\n%track", nil)
		if err != nil {
			return err
		}
		if len(c.displays) != 1 {
			return fmt.Errorf("got %s, %d displays, want 1", c, len(c.displays))
		}
		var watched []string
		for item := range strings.SplitSeq(c.displays[0].Data["text/html"], "<li>") {
			if folder, ok := strings.CutPrefix(item, module); ok {
				folder, _, _ = strings.Cut(folder, "<")
				watched = append(watched, folder)
			}
		}
		if fmt.Sprintf("%q", watched) != `["" "/sub"]` {
			return fmt.Errorf("watched %q, want the module and /sub", watched)
		}
		return nil
	}},
	{patch: "18-needless-go-get", name: "go get runs for a missing module, and for nothing else", scripts: counted, check: func(s *session) error {
		if err := s.prints("import \"example.com/speedup/kernel-helpers/display\"\n%%\nfmt.Print(display.InNotebook())", "true"); err != nil {
			return err
		}
		if c, err := s.run(context.Background(), "%%\nvar n int = \"\"", nil); err != nil || c.reply.Status != "error" {
			return fmt.Errorf("got %s, %w, want an error", c, err)
		}
		if ran, err := s.counted(); err != nil || strings.Contains(ran, "go get") {
			return fmt.Errorf("ran %q, %w, want no go get", ran, err)
		}
		c, err := s.run(context.Background(), "import \"example.org/nosuch\"\n%%\nnosuch.F()", nil)
		if err == nil && !(strings.Contains(c.reply.EValue, "go get") && strings.Contains(c.reply.EValue, "cannot find module providing package example.org/nosuch")) {
			err = fmt.Errorf("a missing module: got %s, want the error of go get", c)
		}
		if err != nil {
			return err
		}
		if ran, err := s.counted(); err != nil || strings.Count(ran, "go get") != 1 {
			return fmt.Errorf("ran %q, %w, want one go get", ran, err)
		}
		return nil
	}},
	{patch: "19-fast-build", name: "a cell with another text needs the compiler and the linker alone", scripts: counted, check: func(s *session) error {
		if err := s.warm(); err != nil {
			return err
		}
		before, err := s.counted()
		if err != nil {
			return err
		}
		if err := s.prints("%%\nfmt.Println(\"another\", os.Args[0] != \"\")", "another true\n"); err != nil {
			return err
		}
		after, err := s.counted()
		if err == nil && before != after {
			err = fmt.Errorf("ran %q, want no tool of the go command", strings.TrimPrefix(after, before))
		}
		return err
	}},
	{patch: "19-fast-build", name: "errors are what they were, and name their lines", scripts: counted, check: func(s *session) error {
		if err := s.warm(); err != nil {
			return err
		}
		for code, want := range map[string]string{
			"%%\nfmt.Println(os.Args[0])\nvar n int = \"\"":   "cell %[1]d:3:5: declared and not used: n\ncell %[1]d:3:13: cannot use \"\" (untyped string constant) as int value in variable declaration\n",
			"import \"internal/abi\"\n%%\n_ = abi.FuncPCABI0": "cell %[1]d:1:8: use of internal package internal/abi not allowed\n",
		} {
			c, err := s.run(context.Background(), code, nil)
			want = fmt.Sprintf(want, c.reply.ExecutionCount)
			if err == nil && (c.reply.EName != "CompileError" || !strings.HasSuffix(c.reply.EValue, want)) {
				err = fmt.Errorf("%q: got %s, want %q", code, c, want)
			}
			if err != nil {
				return err
			}
		}
		before, err := s.counted()
		if err != nil {
			return err
		}
		c, err := s.run(context.Background(), "%%\nfmt.Println(os.Args[0])\nvar m map[string]int\nm[\"a\"] = 1", nil)
		if err == nil && (c.reply.EName != "ExitError" || !strings.Contains(c.err.String(), fmt.Sprintf("cell %d:4 ", c.reply.ExecutionCount))) {
			err = fmt.Errorf("a panic: got %s, %s, want ExitError and line 4 of the cell", c, c.err.String())
		}
		if err != nil {
			return err
		}
		after, err := s.counted()
		if err == nil && before != after {
			err = fmt.Errorf("ran %q, want no tool of the go command", strings.TrimPrefix(after, before))
		}
		return err
	}},
	{patch: "19-fast-build", name: "an interrupt while it compiles or links ends the cell", scripts: counted, check: func(s *session) error {
		if err := s.warm(); err != nil {
			return err
		}
		for range 5 {
			_, err := s.interrupted("%%\nfmt.Print(os.Args[0])\nfor {\n}", func(m jupyter.Message) bool { return m.Header.MsgType == "execute_input" })
			if err != nil {
				return err
			}
		}
		// Stock GoNB drops the interrupt.
		return nil
	}},
	{patch: "20-cells", name: "cells mean what Go means", check: (*session).meansGo},
	{patch: "20-cells", name: "completion knows packages of the workspace, without their tests", gopls: true, check: func(s *session) error {
		ctx, cancel := context.WithTimeout(context.Background(), s.wait)
		defer cancel()
		var reply struct {
			Found   bool
			Data    map[string]string
			Matches []string
		}
		ask := func(request, code string) error {
			m, err := s.Request(ctx, jupyter.Shell, request, map[string]any{"code": code, "cursor_pos": len(code)})
			if err != nil {
				return err
			}
			return m.Decode(&reply)
		}
		for !reply.Found { // until gopls is ready
			if err := ask("inspect_request", "%%\nsites.Download"); err != nil {
				return err
			}
		}
		if err := ask("complete_request", "%%\nsites.Downl"); err != nil || !slices.Contains(reply.Matches, "Download") {
			return fmt.Errorf("got %q, %w, want Download among them", reply.Matches, err)
		}
		for _, match := range reply.Matches {
			if strings.HasPrefix(match, "Test") || strings.HasPrefix(match, "Benchmark") {
				return fmt.Errorf("got %q, want no names of tests", reply.Matches)
			}
		}
		reply.Data = nil
		if err := ask("inspect_request", "%%\nnobodyDeclaresThis"); err != nil || reply.Found || reply.Data == nil {
			return fmt.Errorf("an unknown name: got found %v, data %v, %w, want an empty object", reply.Found, reply.Data, err)
		}
		return nil
	}},
	{patch: "21-input-requests", name: "a cell that reads is answered, again and again", check: func(s *session) error {
		if runtime.GOOS != "linux" {
			return s.prints("%%\nfmt.Print(fmt.Scanln())", "0 EOF")
		}
		ctx, cancel := context.WithTimeout(context.Background(), s.wait)
		defer cancel()
		answers := []string{"Ann", "Bob"}
		var out strings.Builder
		r := jupyter.ExecuteRequest{
			Code: "%%\nvar a, b string\nfmt.Scanln(&a)\ntime.Sleep(time.Millisecond)\nfmt.Scanln(&b)\nfmt.Print(a, b)",
			Input: func(context.Context, string, bool) (answer string, err error) {
				if len(answers) == 0 {
					return "", errors.New("got a third request, want two")
				}
				answer, answers = answers[0], answers[1:]
				return answer, nil
			},
		}
		_, err := s.Execute(ctx, r, func(m jupyter.Message) {
			if stream(m) {
				var content struct{ Text string }
				if m.Decode(&content) == nil {
					out.WriteString(content.Text)
				}
			}
		})
		if err == nil && out.String() != "AnnBob" {
			err = fmt.Errorf("got %q, want AnnBob", out.String())
		}
		return err
	}},
	{patch: "22-wasm-exec", name: "%wasm finds wasm_exec.js", check: func(s *session) error {
		defer func() {
			if dir, err := s.wasmDir(); err == nil {
				os.RemoveAll(dir)
			}
		}()
		return s.prints("%wasm", "")
	}},
	{patch: "23-wasm-files", name: "%wasm leaves no files", check: func(s *session) error {
		dir, err := s.wasmDir()
		if err != nil {
			return err
		}
		defer os.RemoveAll(dir)
		if err := s.prints("%wasm", ""); err != nil {
			return err
		}
		if ignored, err := os.ReadFile(filepath.Join(dir, ".gitignore")); err != nil || string(ignored) != "*\n" {
			return fmt.Errorf("got .gitignore %q, %w, want all files ignored", ignored, err)
		}
		ctx, cancel := context.WithTimeout(context.Background(), s.wait)
		defer cancel()
		if err := s.Shutdown(ctx); err != nil {
			return err
		}
		if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("%s is still there, %w", dir, err)
		}
		return nil
	}},
	{patch: "24-debugger", name: "the program of a cell runs under Delve if the request says so", scripts: map[string]string{
		"dlv": `echo "dlv $1 $3"
exec "$2"`,
	}, check: func(s *session) error {
		ctx, cancel := context.WithTimeout(context.Background(), s.wait)
		defer cancel()
		var out strings.Builder
		_, err := s.Execute(ctx, jupyter.ExecuteRequest{
			Code: "%%\nfmt.Print(1)",
			Metadata: map[string]any{"debug": map[string]any{
				"delve": filepath.Join(s.dir, "dlv"), "socket": filepath.Join(s.dir, "socket"),
			}},
		}, func(m jupyter.Message) {
			var content struct{ Text string }
			if stream(m) && m.Decode(&content) == nil {
				out.WriteString(content.Text)
			}
		})
		if want := "dlv exec --headless\n1"; err == nil && out.String() != want {
			err = fmt.Errorf("got %q, want %q", out.String(), want)
		}
		return errors.Join(err, s.prints("%%\nfmt.Print(2)", "2"))
	}},
	{patch: "25-shared-gopls", name: "a kernel starts no gopls if it is told of another", scripts: map[string]string{"gopls": "echo up >gopls.up"}, env: map[string]string{"GONB_GOPLS": "/nowhere/socket"}, check: func(s *session) error {
		if err := s.completes(); err != nil { // with what GoNB knows itself
			return err
		}
		if err := s.prints("%%\nfmt.Print(os.Getenv(\"GONB_GOPLS\"))", ""); err != nil {
			return err
		}
		return s.noGoplsStarted()
	}},
	{patch: "25-shared-gopls", name: "gopls reads the files of the modules in go.work itself, and again when they change", gopls: true, check: func(s *session) error {
		module := filepath.Join(s.dir, "readers")
		for _, code := range []string{
			"!mkdir -p " + module + "/greet && cd " + module + " && go mod init example.com/readers 2>/dev/null; printf 'package greet\\n\\nconst Word = 1\\n' >greet/greet.go",
			"!*go work use " + module,
			"import \"example.com/readers/greet\"\n%%\nfmt.Print(greet.Word)",
		} {
			if c, err := s.run(context.Background(), code, nil); err != nil || c.reply.Status != "ok" {
				return fmt.Errorf("%q: got %s (%w)", code, c, err)
			}
		}
		if err := s.suggests("%%\nfmt.Print(greet.W", "Word"); err != nil {
			return err
		}
		changed := []byte("package greet\n\nconst Word, Other = 1, 2\n")
		if err := os.WriteFile(filepath.Join(module, "greet", "greet.go"), changed, 0o600); err != nil {
			return err
		}
		if err := s.suggests("%%\nfmt.Print(greet.O", "Other"); err != nil {
			return err
		}
		log, err := os.ReadFile(filepath.Join(s.dir, "gopls.log"))
		if err == nil && strings.Contains(string(log), "const Word") {
			err = errors.New("got a file of a module in what gopls was sent, want its name at most")
		}
		return err
	}},
	{patch: "26-shared-modules", name: "a module that a shared cache cannot take goes to the user's own", scripts: map[string]string{
		// Nothing may write to the shared cache, neither go get nor the build after it.
		"go": `case "$1${0%/*}" in
get*) [ -n "$GOMODCACHE" ] || { touch "${0%/*}/got"; exit 0; };;
build*) [ -e "${0%/*}/got" ] || unset GOMODCACHE;;
*) unset GOMODCACHE;;
esac
[ -z "$GOMODCACHE" ] || { echo "go: mkdir $GOMODCACHE/cache: permission denied" >&2; exit 1; }
PATH=${PATH#*:}
exec go "$@"`,
	}, env: map[string]string{"GOMODCACHE": "/shared"}, check: func(s *session) error {
		c, err := s.run(context.Background(), "import \"example.org/nosuch\"\n%%\nnosuch.F()", nil)
		if err == nil && (strings.Contains(c.reply.EValue, "permission denied") || !strings.Contains(c.reply.EValue, "example.org/nosuch")) {
			err = fmt.Errorf("got %s, want what go says with the user's own cache", c)
		}
		return err
	}},
}

// wasmDir returns the folder for the kernel's WebAssembly files. It is below that of
// the process that started the kernel.
func (s *session) wasmDir() (string, error) {
	found, err := filepath.Glob(filepath.Join(s.TempDir(), "gonb_*"))
	if err != nil || len(found) != 1 {
		return "", fmt.Errorf("%q, %w", found, err)
	}
	return filepath.Join("jupyter_files", strings.TrimPrefix(filepath.Base(found[0]), "gonb_")), nil
}

// counted are scripts that note their arguments and then run the real tool.
var counted = map[string]string{
	"go":        `echo "go $*" >>"${0%/*}/counted"` + "\nPATH=${PATH#*:}\nexec go \"$@\"",
	"goimports": `echo "goimports $*" >>"${0%/*}/counted"` + "\nPATH=${PATH#*:}\nexec goimports \"$@\"",
}

// counted returns the command lines that ran.
func (s *session) counted() (string, error) {
	raw, err := os.ReadFile(filepath.Join(s.dir, "counted"))
	return string(raw), err
}

// warm runs cells until the kernel knows how they are built.
func (s *session) warm() error {
	for n := range 3 {
		if err := s.prints(fmt.Sprintf("%%%%\nfmt.Print(%d, os.Args[0] != \"\")", n), fmt.Sprint(n, " true")); err != nil {
			return err
		}
	}
	return nil
}

// displays runs a cell that makes n displays of at least size bytes and ends. It
// does so s.tries times, because a stock GoNB may show all of them by luck.
func (s *session) displays(n, size int) error {
	code := fmt.Sprintf("import \"github.com/janpfeifer/gonb/gonbui\"\n%%%%\npad := strings.Repeat(\"x\", %d)\nfor i := range %d {\n\tgonbui.DisplayHTML(fmt.Sprint(i, \" \", pad))\n}", size, n)
	for range s.tries {
		c, err := s.run(context.Background(), code, nil)
		if err != nil {
			return err
		}
		if len(c.displays) != n {
			return fmt.Errorf("got %d displays, want %d", len(c.displays), n)
		}
		for i, d := range c.displays {
			if html := d.Data["text/html"]; !strings.HasPrefix(html, fmt.Sprint(i, " x")) || len(html) < size {
				return fmt.Errorf("display %d: got %d bytes, %.20q, want at least %d", i, len(html), html, size)
			}
		}
	}
	return nil
}

// hanging are scripts that hang if the cell asks for it, after writing their
// process ID to the file that SPEEDUP_HANGS names. Otherwise they run the real tool.
var hanging = map[string]string{
	"go": `case "$1" in
build) grep -qs hangBuild main.go && h=1;;
get) grep -qs HangGet main.go && h=1;;
esac
[ "$h" ] && { mkdir "${GOTMPDIR:-$TMPDIR}/go-build1"; echo $$ >"$SPEEDUP_HANGS.new"; mv "$SPEEDUP_HANGS.new" "$SPEEDUP_HANGS"; sleep 600 & wait; }
PATH=${PATH#*:}
exec go "$@"`,
	"goimports": `for file; do :; done
grep -qs hangImports "$file" && { echo $$ >"$SPEEDUP_HANGS.new"; mv "$SPEEDUP_HANGS.new" "$SPEEDUP_HANGS"; sleep 600 & wait; }
PATH=${PATH#*:}
exec goimports "$@"`,
}

// hanging runs a cell that hangs, interrupts it, and checks that its process and
// its files are gone.
func (s *session) hanging(how string, imports ...string) error {
	file := filepath.Join(s.dir, "hangs")
	if err := s.prints("%env SPEEDUP_HANGS "+file, fmt.Sprintf("Set: SPEEDUP_HANGS=%q\n", file)); err != nil {
		return err
	}
	hangs := make(chan struct{})
	go func() { // ends after s.wait
		defer close(hangs)
		for range int(s.wait / time.Millisecond) {
			if _, err := os.Stat(file); err == nil {
				return
			}
			time.Sleep(time.Millisecond)
		}
	}()
	code := ""
	for _, path := range imports {
		code += fmt.Sprintf("import %q\n", path)
	}
	_, err := s.interrupted(code+"%%\n"+how+"\nfmt.Print(\"it ran\")", func(m jupyter.Message) bool {
		if m.Header.MsgType != "execute_input" {
			return false
		}
		<-hangs
		return true
	})
	if err != nil {
		return err
	}
	for _, pattern := range []string{"go-build*", "gonb_build_*"} {
		if left, err := filepath.Glob(filepath.Join(s.TempDir(), pattern)); err != nil || len(left) > 0 {
			return fmt.Errorf("left files %q, %w, want none", left, err)
		}
	}
	pid, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	return s.gone(strings.TrimSpace(string(pid)))
}

// completes asks for completions until there are some. A gopls that has just died
// gives none.
func (s *session) completes() error { return s.suggests("%%\nfmt.Printl", "Println") }

// suggests asks for completions at the end of code until want is among them.
func (s *session) suggests(code, want string) error {
	ctx, cancel := context.WithTimeout(context.Background(), s.wait)
	defer cancel()
	for {
		m, err := s.Request(ctx, jupyter.Shell, "complete_request", map[string]any{"code": code, "cursor_pos": len(code)})
		if err != nil {
			return fmt.Errorf("completions of %q, which want %s: %w", code, want, err)
		}
		var reply struct{ Matches []string }
		if err := m.Decode(&reply); err != nil {
			return err
		}
		if strings.Contains(strings.Join(reply.Matches, " "), want) {
			return nil
		}
	}
}

// goplsNumber asks for completions until gopls has been started n times, and
// returns the PID of the last. There are completions before it is ready.
func (s *session) goplsNumber(n int) (pid int, err error) {
	for range int(s.wait / (10 * time.Millisecond)) {
		if err := s.completes(); err != nil {
			return 0, err
		}
		if pids, err := s.goplsPIDs(); err == nil && len(pids) >= n {
			return pids[len(pids)-1], nil
		}
		time.Sleep(10 * time.Millisecond)
	}
	return 0, fmt.Errorf("gopls wasn't started %d times", n)
}

// codeStays runs a cell that prints, waits for a file and panics, and asks for
// a completion while it runs. The cell's program must stay as it is.
func (s *session) codeStays(code string) error {
	hold := filepath.Join(s.dir, jupyter.NewID())
	var during error
	up := false
	c, err := s.run(context.Background(), fmt.Sprintf(code, hold), func(m jupyter.Message) {
		if up || !stream(m) || !strings.Contains(string(m.Content), "up") {
			return
		}
		up = true
		during = errors.Join(s.completes(), s.hasCode(), os.WriteFile(hold, nil, 0o600))
	})
	if err != nil || !strings.Contains(c.err.String(), "panic: the cell") {
		return fmt.Errorf("%s: %q, %w", c, c.err.String(), err)
	}
	return errors.Join(during, s.hasCode())
}

// hasCode returns an error if the program isn't that of codeStays.
func (s *session) hasCode() error {
	files, err := filepath.Glob(filepath.Join(s.TempDir(), "gonb_*", "main*.go"))
	if err != nil || len(files) != 1 {
		return fmt.Errorf("the program is %q, %w", files, err)
	}
	text, err := os.ReadFile(files[0])
	if err == nil && !strings.Contains(string(text), `panic("the cell")`) {
		err = fmt.Errorf("got another program:\n%s", text)
	}
	return err
}

func (s *session) goplsPIDs() (pids []int, err error) {
	found, err := filepath.Glob(filepath.Join(s.TempDir(), "gonb_*", "gopls.pids"))
	if err != nil || len(found) != 1 {
		return nil, fmt.Errorf("%q, %w", found, err)
	}
	raw, err := os.ReadFile(found[0])
	if err != nil {
		return nil, err
	}
	for _, field := range strings.Fields(string(raw)) {
		pid, err := strconv.Atoi(field)
		if err != nil {
			return nil, err
		}
		pids = append(pids, pid)
	}
	if len(pids) == 0 {
		return nil, errors.New("gopls was not started")
	}
	return pids, nil
}

// noGoplsStarted returns an error if the fake gopls has written its file.
func (s *session) noGoplsStarted() error {
	for _, pattern := range []string{filepath.Join(s.dir, "gopls.up"), filepath.Join(s.TempDir(), "gonb_*", "gopls.up")} {
		if found, err := filepath.Glob(pattern); err != nil || len(found) > 0 {
			return fmt.Errorf("gopls was started: %q, %w", found, err)
		}
	}
	return nil
}

func stream(m jupyter.Message) bool { return m.Header.MsgType == "stream" }

// gone waits for a process to end, because its killer does not.
func (s *session) gone(pid string) error {
	n, err := strconv.Atoi(pid)
	if err != nil || n < 2 {
		return fmt.Errorf("got the process ID %q, want a number", pid)
	}
	for late := time.Now().Add(s.wait); time.Now().Before(late); time.Sleep(time.Millisecond) {
		state, err := os.ReadFile(filepath.Join("/proc", pid, "stat"))
		if _, after, ok := strings.Cut(string(state), ") "); ok && after[0] == 'Z' {
			return nil // a zombie: it has ended, and its parent has not noticed
		}
		if err != nil && errors.Is(syscall.Kill(n, 0), syscall.ESRCH) {
			return nil
		}
	}
	return fmt.Errorf("process %s still runs, want it gone", pid)
}

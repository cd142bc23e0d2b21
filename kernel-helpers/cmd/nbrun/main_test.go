package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"example.com/speedup/kernel-helpers/internal/jupyter"
	"example.com/speedup/kernel-helpers/internal/notebook"
	"example.com/speedup/kernel-helpers/internal/scripttest"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"nbrun": main,
		"nbrun-on-full-disk": func() {
			// The limit on the size of files simulates a full disk.
			signal.Ignore(syscall.SIGXFSZ)
			limit := syscall.Rlimit{Cur: 2000, Max: 2000}
			if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
				panic(err)
			}
			main()
		},
	})
}

func TestScripts(t *testing.T) {
	kernel := !testing.Short() && findPython(t)
	scripttest.Run(t, testscript.Params{
		Dir: "testdata/script",
		Condition: func(name string) (bool, error) {
			if name != "kernel" {
				return false, fmt.Errorf("unknown condition %q", name)
			}
			return kernel, nil
		},
	})
}

// findPython puts the checkout's .venv first on PATH, if it has the kernel python3,
// and reports whether that kernel is installed.
func findPython(t *testing.T) bool {
	t.Helper()
	venv, err := filepath.Abs("../../../.venv")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(venv, "share/jupyter/kernels/python3")); err == nil {
		t.Setenv("PATH", filepath.Join(venv, "bin")+string(os.PathListSeparator)+os.Getenv("PATH"))
	}
	_, err = jupyter.FindSpec("python3")
	return err == nil
}

// command returns a command that runs a program in a folder, with a temporary
// folder that must be empty in the end.
func command(t *testing.T, folder, program string, args ...string) *exec.Cmd {
	t.Helper()
	temp, err := os.MkdirTemp("/tmp", "nb") // a short name, because it contains sockets
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if left, err := os.ReadDir(temp); err != nil || len(left) > 0 {
			t.Errorf("got %v, %v in the temporary folder, want no files", left, err)
		}
		environs, _ := filepath.Glob("/proc/[0-9]*/environ")
		for _, file := range environs {
			if text, err := os.ReadFile(file); err == nil && bytes.Contains(text, []byte("="+temp)) {
				t.Errorf("process %s is still running", filepath.Dir(file))
			}
		}
		if err := os.RemoveAll(temp); err != nil {
			t.Error(err)
		}
	})
	c := exec.CommandContext(t.Context(), program, args...)
	c.Dir = folder
	c.Env = append(os.Environ(), "TMPDIR="+temp, "GORACE=atexit_sleep_ms=0")
	return c
}

// output runs the command and returns its output and its exit status.
func output(t *testing.T, c *exec.Cmd) (string, int) {
	t.Helper()
	out, err := c.CombinedOutput()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return string(out), exit.ExitCode()
	}
	if err != nil {
		t.Fatal(err)
	}
	return string(out), 0
}

// pythonNotebook writes a notebook for ipykernel. It skips the test if that is not
// installed.
func pythonNotebook(t *testing.T, folder, name string, cells ...string) string {
	t.Helper()
	if testing.Short() {
		t.Skip("it runs cells in the kernel python3")
	}
	if !findPython(t) {
		t.Skip("the kernel python3 is not installed (./install.sh lab installs it)")
	}
	type object map[string]any
	list := []object{}
	for i, source := range cells {
		list = append(list, object{"cell_type": "code", "id": fmt.Sprint("c", i+1), "metadata": object{}, "source": source, "outputs": []any{}, "execution_count": nil})
	}
	text, err := json.Marshal(object{"nbformat": 4, "nbformat_minor": 5, "cells": list,
		"metadata": object{"kernelspec": object{"name": "python3", "display_name": "Python"}}})
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(folder, name)
	if err := os.WriteFile(path, text, 0o666); err != nil {
		t.Fatal(err)
	}
	return path
}

// outputs returns the shape of a saved notebook's cells.
func outputs(t *testing.T, path string) string {
	t.Helper()
	nb, err := notebook.Read(path)
	if err != nil {
		t.Fatal(err)
	}
	var shapes []string
	for _, c := range nb.Cells() {
		shapes = append(shapes, notebook.Shape(c.Outputs()))
	}
	return strings.Join(shapes, " | ")
}

func TestNotebooksRunInParallel(t *testing.T) {
	folder := t.TempDir()
	// Each notebook waits for the other, so they never end if they run in sequence.
	var files []string
	for i, name := range []string{"p", "q"} {
		if err := syscall.Mkfifo(filepath.Join(folder, name), 0o600); err != nil {
			t.Fatal(err)
		}
		files = append(files, pythonNotebook(t, folder, name+".ipynb", fmt.Sprintf("open('pq'[%d], 'w' if %d else 'r').close(); open('pq'[%d], 'r' if %d else 'w').close()", 0, i, 1, i)))
	}
	out, status := output(t, command(t, folder, "nbrun", append(files, "--parallel", "2", "--timeout", "60")...))
	if status != 0 || !strings.Contains(out, "2 notebooks: 2 passed, 0 failed") {
		t.Errorf("got status %d, output %s; want status 0 and 2 passed", status, out)
	}
}

func TestAFullDiskKeepsTheOldFile(t *testing.T) {
	folder := t.TempDir()
	file := pythonNotebook(t, folder, "a.ipynb", "print('x' * 5000)")
	before, _ := os.ReadFile(file)
	out, status := output(t, command(t, folder, "nbrun-on-full-disk", "--inplace", file))
	if status != 1 || !strings.Contains(out, "write "+file+": ") || !strings.Contains(out, "file too large") {
		t.Errorf("got status %d, output %s; want status 1 and that the file is too large", status, out)
	}
	if after, _ := os.ReadFile(file); !bytes.Equal(before, after) {
		t.Error("the old file was changed")
	}
	if entries, _ := os.ReadDir(folder); len(entries) != 1 {
		t.Errorf("got %v in the folder, want only the notebook", entries)
	}
}

func TestSignalsStopTheRunAndSaveTheOutputs(t *testing.T) {
	for name, test := range map[string]struct {
		setup   string
		signals []os.Signal
	}{
		"SIGINT once":  {"", []os.Signal{os.Interrupt}},
		"SIGTERM once": {"", []os.Signal{syscall.SIGTERM}},
		"SIGINT twice, with a kernel that ignores it": {"import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)", []os.Signal{os.Interrupt, os.Interrupt}},
	} {
		t.Run(name, func(t *testing.T) {
			folder := t.TempDir()
			pipe := filepath.Join(folder, "pipe")
			if err := syscall.Mkfifo(pipe, 0o600); err != nil {
				t.Fatal(err)
			}
			file := pythonNotebook(t, folder, "a.ipynb", "'first'", test.setup+"\nimport time; open('pipe', 'w').close(); time.sleep(100)")
			c := command(t, folder, "nbrun", "--inplace", file, filepath.Join(folder, "none.ipynb"))
			var printed bytes.Buffer
			c.Stdout = &printed
			stderr, err := c.StderrPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := c.Start(); err != nil {
				t.Fatal(err)
			}
			f, err := os.Open(pipe) // returns when the cell is running
			if err != nil {
				t.Fatal(err)
			}
			_ = f.Close()
			lines := bufio.NewScanner(stderr)
			for i, s := range test.signals {
				if err := c.Process.Signal(s); err != nil {
					t.Fatal(err)
				}
				if i == 0 && (!lines.Scan() || !strings.HasSuffix(lines.Text(), ": interrupting the running cells; a second signal kills the kernels")) {
					t.Errorf("stderr: got %q, want that the cells are interrupted", lines.Text())
				}
			}
			if lines.Scan() {
				t.Errorf("stderr: got another line %q, want none", lines.Text())
			}
			err = c.Wait()
			if exit, ok := errors.AsType[*exec.ExitError](err); !ok || exit.ExitCode() != 1 {
				t.Errorf("got error %v, want exit status 1", err)
			}
			out := printed.String()
			if !strings.Contains(out, "interrupted "+file) || !strings.Contains(out, "CellInterruptedError") || !strings.Contains(out, "1 not run") {
				t.Errorf("stdout: got %s, want one notebook interrupted and one not run", out)
			}
			if got := outputs(t, file); !strings.HasPrefix(got, "execute_result text/plain\n  text/plain: 1× 'first' | ") || !strings.Contains(got, "error CellInterruptedError") {
				t.Errorf("outputs: got %s, want the first result and a CellInterruptedError", got)
			}
		})
	}
}

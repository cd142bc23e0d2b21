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

	"example.com/speedup/kernel-helpers/internal/jupyter"
	"example.com/speedup/kernel-helpers/internal/notebook"
)

// TestMain makes the test binary nbrun itself when a test starts it so.
func TestMain(m *testing.M) {
	switch os.Getenv("NBRUN_TEST") {
	case "full disk":
		// A limit on the size of files stands in for a full disk.
		signal.Ignore(syscall.SIGXFSZ)
		limit := syscall.Rlimit{Cur: 2000, Max: 2000}
		if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
			panic(err)
		}
		main()
	case "run":
		main()
	}
	os.Exit(m.Run())
}

// nbrun prepares a run of the program in a folder and with a temporary folder
// that must be empty in the end.
func nbrun(t *testing.T, folder string, args ...string) *exec.Cmd {
	t.Helper()
	temp, err := os.MkdirTemp("", "nb") // a short name: sockets go in there
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if left, err := os.ReadDir(temp); err != nil || len(left) > 0 {
			t.Errorf("the temporary folder holds %v (%v)", left, err)
		}
		environs, _ := filepath.Glob("/proc/[0-9]*/environ")
		for _, file := range environs {
			if text, err := os.ReadFile(file); err == nil && bytes.Contains(text, []byte("="+temp)) {
				t.Errorf("process %s is left", filepath.Dir(file))
			}
		}
		if err := os.RemoveAll(temp); err != nil {
			t.Error(err)
		}
	})
	c := exec.CommandContext(t.Context(), os.Args[0], args...)
	c.Dir = folder
	c.Env = append(os.Environ(), "NBRUN_TEST=run", "TMPDIR="+temp)
	return c
}

// output runs the program and returns what it printed and its exit status.
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

// script writes a notebook for ipykernel, and skips the test without one.
func script(t *testing.T, folder, name string, cells ...string) string {
	t.Helper()
	if testing.Short() {
		t.Skip("it runs cells in the kernel \"python3\"")
	}
	venv, err := filepath.Abs("../../../.venv")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(venv, "share/jupyter/kernels/python3")); err == nil {
		t.Setenv("PATH", filepath.Join(venv, "bin")+string(os.PathListSeparator)+os.Getenv("PATH"))
	}
	if _, err := jupyter.FindSpec("python3"); err != nil {
		t.Skip("no kernel \"python3\" here: ./install.sh lab installs it")
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

func TestNotebooksRunInTheirFoldersAndAreSaved(t *testing.T) {
	folder := t.TempDir()
	file := script(t, folder, "a.ipynb", "import os; print(os.path.basename(os.getcwd()) == "+fmt.Sprintf("%q", filepath.Base(folder))+")")
	before, _ := os.ReadFile(file)

	out, status := output(t, nbrun(t, "/", "-o", filepath.Join(folder, "out.ipynb"), file))
	if status != 0 || !strings.Contains(out, "passed      "+file+"  1 cell, ") || !strings.Contains(out, "1 notebook: 1 passed, 0 failed, ") {
		t.Errorf("status %d, printed %s", status, out)
	}
	if got := outputs(t, filepath.Join(folder, "out.ipynb")); got != "stdout: 1× True" {
		t.Errorf("outputs %s", got)
	}
	if after, _ := os.ReadFile(file); !bytes.Equal(before, after) {
		t.Error("-o changed the source")
	}
	if out, status = output(t, nbrun(t, folder, "--inplace", "a.ipynb")); status != 0 {
		t.Errorf("status %d, printed %s", status, out)
	}
	if got := outputs(t, file); got != "stdout: 1× True" {
		t.Errorf("outputs in place %s", got)
	}
}

func TestTheMachineOutputSaysWhatFailedAndWhere(t *testing.T) {
	folder := t.TempDir()
	good := script(t, folder, "good.ipynb", "1")
	bad := script(t, folder, "bad.ipynb", "1", "\n1/0")
	none := filepath.Join(folder, "none.ipynb")
	c := nbrun(t, folder, "--json", "--inplace", good, bad, none)
	text, err := c.Output()
	if exit, ok := errors.AsType[*exec.ExitError](err); !ok || exit.ExitCode() != 1 {
		t.Errorf("got %v", err)
	}
	var got summary
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	if got.Passed != 1 || got.Failed != 2 || got.NotRun != 0 || len(got.Notebooks) != 3 {
		t.Fatalf("got %s", text)
	}
	if r := got.Notebooks[0]; r.File != good || r.Status != passed || r.Saved != good || r.Kernel != "python3" || r.Cells != 1 || r.Ran != 1 || r.Error != nil {
		t.Errorf("got %+v", r)
	}
	if r := got.Notebooks[1]; r.Status != failed || r.Saved != bad || r.Error == nil || r.Error.Cell != 2 || r.Error.ID != "c2" || r.Error.Line != "1/0" || r.Error.EName != "ZeroDivisionError" {
		t.Errorf("got %+v", r)
	}
	if r := got.Notebooks[2]; r.Status != failed || r.Saved != "" || !strings.Contains(r.Error.Message, "no such file") {
		t.Errorf("got %+v", r)
	}
}

func TestWrongUsageExitsWith2(t *testing.T) {
	out, status := output(t, nbrun(t, t.TempDir(), "--inplace"))
	if status != 2 || out != "nbrun: no notebook is named; see nbrun --help\n" {
		t.Errorf("status %d, printed %s", status, out)
	}
	if out, status = output(t, nbrun(t, t.TempDir(), "--help")); status != 0 || out != usage {
		t.Errorf("status %d, printed %s", status, out)
	}
}

func TestNotebooksRunSideBySide(t *testing.T) {
	folder := t.TempDir()
	// Each waits for the other: one after another they would never end.
	var files []string
	for i, name := range []string{"p", "q"} {
		if err := syscall.Mkfifo(filepath.Join(folder, name), 0o600); err != nil {
			t.Fatal(err)
		}
		files = append(files, script(t, folder, name+".ipynb", fmt.Sprintf("open('pq'[%d], 'w' if %d else 'r').close(); open('pq'[%d], 'r' if %d else 'w').close()", 0, i, 1, i)))
	}
	out, status := output(t, nbrun(t, folder, append(files, "--parallel", "2", "--timeout", "60")...))
	if status != 0 || !strings.Contains(out, "2 notebooks: 2 passed, 0 failed") {
		t.Errorf("status %d, printed %s", status, out)
	}
}

func TestAFullDiskLeavesTheOldFile(t *testing.T) {
	folder := t.TempDir()
	file := script(t, folder, "a.ipynb", "print('x' * 5000)")
	before, _ := os.ReadFile(file)
	c := nbrun(t, folder, "--inplace", file)
	c.Env = append(c.Env, "NBRUN_TEST=full disk")
	out, status := output(t, c)
	if status != 1 || !strings.Contains(out, "write "+file+": ") || !strings.Contains(out, "file too large") {
		t.Errorf("status %d, printed %s", status, out)
	}
	if after, _ := os.ReadFile(file); !bytes.Equal(before, after) {
		t.Error("the old file has changed")
	}
	if entries, _ := os.ReadDir(folder); len(entries) != 1 {
		t.Errorf("the folder holds %v", entries)
	}
}

func TestSignalsEndTheRunAndSaveWhatThereIs(t *testing.T) {
	for name, test := range map[string]struct {
		setup   string
		signals []os.Signal
	}{
		"SIGINT once":                     {"", []os.Signal{os.Interrupt}},
		"SIGTERM once":                    {"", []os.Signal{syscall.SIGTERM}},
		"SIGINT twice, a stubborn kernel": {"import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)", []os.Signal{os.Interrupt, os.Interrupt}},
	} {
		t.Run(name, func(t *testing.T) {
			folder := t.TempDir()
			pipe := filepath.Join(folder, "pipe")
			if err := syscall.Mkfifo(pipe, 0o600); err != nil {
				t.Fatal(err)
			}
			file := script(t, folder, "a.ipynb", "'first'", test.setup+"\nimport time; open('pipe', 'w').close(); time.sleep(100)")
			c := nbrun(t, folder, "--inplace", file, file[:len(file)-len("a.ipynb")]+"none.ipynb")
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
				if i == 0 && (!lines.Scan() || !strings.HasSuffix(lines.Text(), ": interrupting the running cells; once more ends at once")) {
					t.Errorf("it said %q", lines.Text())
				}
			}
			if lines.Scan() {
				t.Errorf("it also said %q", lines.Text())
			}
			err = c.Wait()
			if exit, ok := errors.AsType[*exec.ExitError](err); !ok || exit.ExitCode() != 1 {
				t.Errorf("got %v", err)
			}
			out := printed.String()
			if !strings.Contains(out, "interrupted "+file) || !strings.Contains(out, "CellInterruptedError") || !strings.Contains(out, "1 not run") {
				t.Errorf("printed %s", out)
			}
			if got := outputs(t, file); !strings.HasPrefix(got, "execute_result text/plain\n  text/plain: 1× 'first' | ") || !strings.Contains(got, "error CellInterruptedError") {
				t.Errorf("outputs %s", got)
			}
		})
	}
}

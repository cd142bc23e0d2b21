package main

import (
	"os/exec"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"example.com/speedup/kernel-helpers/internal/scripttest"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"gonb-kernel": main})
}

func TestScripts(t *testing.T) {
	path, err := exec.LookPath("gonb-kernel")
	if err != nil {
		t.Fatal(err)
	}
	scripttest.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(env *testscript.Env) error {
			env.Setenv("GONB_KERNEL", path) // for scripts that change PATH
			return nil
		},
	})
}

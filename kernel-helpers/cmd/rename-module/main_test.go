package main

import (
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"example.com/speedup/kernel-helpers/internal/scripttest"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"rename-module": main})
}

func TestScripts(t *testing.T) {
	scripttest.Run(t, testscript.Params{Dir: "testdata/script"})
}

package supervisor

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"testing"

	"example.com/speedup/kernel-helpers/internal/processes"
)

// The test binary plays three parts: the tests, gonb-kernel, and a GoNB for it. So
// tests of whole kernels take milliseconds, and the race detector sees everything.
const (
	kernelPart = "kernel"
	gonbPart   = "gonb"
)

func TestMain(m *testing.M) {
	var err error
	switch {
	case len(os.Args) > 2 && os.Args[1] == kernelPart:
		var status int
		if status, err = playKernel(os.Args[2]); err == nil {
			os.Exit(status)
		}
	case len(os.Args) > 2 && os.Args[1] == gonbPart:
		err = playGoNB(os.Args[2])
	default:
		// Kernels whose parent dies become our children, so that we can see them.
		if err = processes.Adopt(); err == nil {
			status := m.Run()
			// The language server would end by itself, but later.
			err = errors.Join(processes.KillTree(processes.KillAll), os.RemoveAll(languageServers()))
			if err != nil {
				fmt.Fprintln(os.Stderr, err)
				status = max(status, 1)
			}
			os.Exit(max(status, removeBuilt()))
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

func playKernel(connectionFile string) (status int, err error) {
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelDebug}))
	self, err := os.Executable()
	if err != nil {
		return 1, err
	}
	return Main(Options{ConnectionFile: connectionFile, Command: []string{self, gonbPart, "{connection_file}"}, Log: log})
}

package supervisor

import (
	"context"
	"log/slog"
	"time"

	"example.com/speedup/kernel-helpers/internal/langserver"
)

// Options configure a kernel.
type Options struct {
	ConnectionFile string   // names where clients connect, as Jupyter writes it
	Command        []string // starts GoNB; {connection_file} stands for the path of its connection file
	Log            *slog.Logger

	// Prepare, if it is not nil, is called once, before anything of the kernel starts.
	// A kernel without it is slower, so its error is logged.
	Prepare func(context.Context) error
}

// config is what the second process knows about its kernel.
type config struct {
	Options
	home        string // the kernel's folder
	giveUpAfter time.Duration
	began       time.Time          // when the keeper did; zero: unknown
	gopls       *langserver.Server // the user's; nil if gopls is not installed

	// kept ends after the keeper has. orphaned reports the same without delay: it is
	// true for each message that a client sends to the kernel's successor.
	kept     context.Context
	orphaned func() bool
}

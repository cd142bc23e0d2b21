package supervisor

import (
	"os"
	"os/signal"
	"syscall"
	"time"
)

// A kernel runs as two processes of one program. Jupyter starts the first, the
// keeper, which starts the second, the supervisor, and waits for it. Each notices
// within milliseconds when the other is gone, even if it was killed by SIGKILL, and
// then ends GoNB and all that cells started, and removes the kernel's files.

// homeEnv is set in the environment of the second process. Its value is the
// kernel's folder.
const homeEnv = "SPEEDUP_KEPT"

// beganEnv is set there, too. Its value is when the keeper began, as RFC 3339.
const beganEnv = "SPEEDUP_BEGAN"

// kernelBegan returns when the keeper began, and removes the environment variable.
// It returns the zero time if that isn't known.
func kernelBegan() time.Time {
	began, _ := time.Parse(time.RFC3339Nano, os.Getenv(beganEnv))
	os.Unsetenv(beganEnv)
	return began
}

// secondHome returns the kernel's folder if this is the second process, or "". It
// removes the environment variable, because processes that we start aren't second
// processes.
func secondHome() string {
	home := os.Getenv(homeEnv)
	os.Unsetenv(homeEnv)
	return home
}

// surviveBrokenPipes keeps this process alive when it writes to a standard error
// that nobody reads any more, so that it can still clean up. It installs a handler
// because programs that we start would inherit an ignored signal.
func surviveBrokenPipes() { signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE) }

package coursework

import (
	"encoding/json"
	"fmt"
	"os"

	"golang.org/x/sys/unix"

	"example.com/speedup/kernel-helpers/internal/coursework/verdict"
)

// childEnv marks a process of this program that works in the sandbox. Its value
// is a childOrder.
const childEnv = "SPEEDUP_COURSEWORK_CHILD"

// childOrder says what a child is for.
type childOrder struct {
	Limits  limits
	Report  bool // that the sandbox stands, on verdict.Descriptor
	Compile bool // carry out the compileOrder on standard input; else become the program in the arguments
}

// limits are kept by the system (setrlimit); 0 is none.
type limits struct {
	CPU       uint64 // seconds of processor time
	Memory    uint64 // bytes of address space; not for programs with the race detector, which maps terabytes
	Processes uint64 // and threads, of this user in the sandbox; root has no such limit
	FileSize  uint64 // bytes of each file written
	Files     uint64 // open at once
	Nice      int    // how far it stands back behind others where processors are short, to 19
}

// Child carries out what this process was started for, if it is a child of a
// grader in the sandbox, and then doesn't return. Programs that grade call it
// first, and so do tests of them.
func Child() {
	text, ok := os.LookupEnv(childEnv)
	if !ok {
		return
	}
	if err := child(text); err != nil {
		fmt.Fprintf(os.Stderr, "coursework: child: %v\n", err)
		os.Exit(3)
	}
	os.Exit(0)
}

func child(text string) error {
	var order childOrder
	if err := json.Unmarshal([]byte(text), &order); err != nil {
		return err
	}
	if err := os.Unsetenv(childEnv); err != nil {
		return err
	}
	if err := order.Limits.set(); err != nil {
		return err
	}
	if !order.Compile {
		if len(os.Args) < 2 {
			return fmt.Errorf("no program is named")
		}
		if order.Report { // Without this, the grader knows that nothing ran.
			_ = json.NewEncoder(os.NewFile(verdict.Descriptor, "verdicts")).Encode(verdict.Event{Kind: verdict.Start})
		}
		return fmt.Errorf("start %s: %w", os.Args[1], unix.Exec(os.Args[1], os.Args[1:], os.Environ()))
	}
	var compile compileOrder
	if err := json.NewDecoder(os.Stdin).Decode(&compile); err != nil {
		return fmt.Errorf("read the order: %w", err)
	}
	reply, err := compile.carryOut()
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(reply)
}

func (l limits) set() error {
	for _, r := range []struct {
		name     string
		resource int
		value    uint64
	}{
		{"processor time", unix.RLIMIT_CPU, l.CPU},
		{"memory", unix.RLIMIT_AS, l.Memory},
		{"processes", unix.RLIMIT_NPROC, l.Processes},
		{"file size", unix.RLIMIT_FSIZE, l.FileSize},
		{"files", unix.RLIMIT_NOFILE, l.Files},
	} {
		if r.value == 0 {
			continue
		}
		limit := unix.Rlimit{Cur: r.value, Max: r.value}
		if err := unix.Setrlimit(r.resource, &limit); err != nil {
			return fmt.Errorf("limit the %s: %w", r.name, err)
		}
	}
	if l.Nice > 0 {
		if err := unix.Setpriority(unix.PRIO_PROCESS, 0, l.Nice); err != nil {
			return fmt.Errorf("stand back: %w", err)
		}
	}
	none := unix.Rlimit{}
	return unix.Setrlimit(unix.RLIMIT_CORE, &none)
}

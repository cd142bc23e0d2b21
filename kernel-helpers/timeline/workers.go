package timeline

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime/trace"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"example.com/speedup/kernel-helpers/base/atomicfile"
)

// folderEnv tells child processes where the traces of their tasks go: the pid
// of the process that wants them, a space, and a folder that is there only
// while that process shows a run.
const folderEnv = "SPEEDUP_TIMELINE"

// ours and parents are the folders for our children's and for our own traces,
// "" where there is none. The environment is set when the package is
// initialised, so that children know it whenever they are started.
var ours, parents = folders()

func folders() (ours, parents string) {
	pid, folder, _ := strings.Cut(os.Getenv(folderEnv), " ")
	if pid == strconv.Itoa(os.Getppid()) && filepath.IsAbs(folder) {
		parents = folder
	}
	ours = filepath.Join(temporary(), fmt.Sprintf(".speedup-timeline-%d-%s", os.Getpid(), strconv.FormatInt(time.Now().UnixNano(), 36)))
	if !filepath.IsAbs(ours) || os.Setenv(folderEnv, strconv.Itoa(os.Getpid())+" "+ours) != nil {
		ours = ""
	}
	return ours, parents
}

// temporary is a folder for what is only needed during a run. A cell's program
// lies in a temporary folder of its kernel, which is the best place: it goes with
// the kernel even if the program ends, as by log.Fatal, before it can clean up.
func temporary() string {
	if program, err := os.Executable(); err == nil {
		if folder := filepath.Dir(program); strings.HasPrefix(filepath.Base(folder), "gonb_") {
			return folder
		}
	}
	return os.TempDir()
}

// Task runs f as a piece of work with a name: a region of the trace, which
// names the lane and is what counts as in flight.
//
// In a child process whose parent shows a run, Task also records what happens
// during f and leaves it to the parent's picture. The tasks of one process that
// overlap are recorded together. That takes a millisecond or two a task, so
// tasks should be some fifty times as long.
func Task(name string, f func()) {
	if parents != "" {
		defer tasks.enter()()
	}
	trace.WithRegion(context.Background(), name, f)
}

// tasks records while at least one task of this process runs.
var tasks session

type session struct {
	mu    sync.Mutex
	open  int
	rec   *recorder
	files atomic.Int64
}

func (s *session) enter() (leave func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.open++; s.open == 1 {
		if _, err := os.Lstat(parents); err == nil {
			if s.rec, err = start(); err != nil {
				s.rec = nil // a worker that can't record still works
			} else {
				s.rec.begin("")
			}
		}
	}
	return s.leave
}

func (s *session) leave() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.open--; s.open > 0 || s.rec == nil {
		return
	}
	raw := s.rec.stop(0)
	s.rec = nil
	// Whole or not at all, as the parent may be reading already. When the folder
	// is gone, nobody wants the trace any more.
	name := fmt.Sprintf("%d-%d%s", os.Getpid(), s.files.Add(1), traceSuffix)
	_ = atomicfile.WriteFile(filepath.Join(parents, name), raw, 0o600)
}

const traceSuffix = ".trace"

// arrivals is the folder in which traces of children arrive.
type arrivals struct{ folder string }

// awaitWorkers makes the folder. Without one, as on a full disk, the picture
// shows this process alone.
func awaitWorkers() arrivals {
	if ours == "" || os.Mkdir(ours, 0o700) != nil {
		return arrivals{}
	}
	return arrivals{ours}
}

// collect returns the traces that arrived, and removes the folder.
func (a arrivals) collect() [][]byte {
	if a.folder == "" {
		return nil
	}
	defer os.RemoveAll(a.folder)
	names, err := filepath.Glob(filepath.Join(a.folder, "*"+traceSuffix))
	if err != nil {
		return nil
	}
	slices.Sort(names)
	var all [][]byte
	room := int64(mostBytes)
	for _, name := range names {
		info, err := os.Stat(name)
		if err != nil || info.Size() > room {
			continue
		}
		if raw, err := os.ReadFile(name); err == nil {
			room -= info.Size()
			all = append(all, raw)
		}
	}
	return all
}

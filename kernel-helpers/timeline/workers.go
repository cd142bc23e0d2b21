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

// folderEnv tells child processes where to put the traces of their tasks. Its
// value is the id of the process that collects them, a space, and a folder that
// exists only while that process shows a run.
const folderEnv = "SPEEDUP_TIMELINE"

// ownFolder is the folder for the traces of this process's children, and
// parentFolder is the one for its own trace, or "" if there is none. The
// environment is set when the package is initialized, so that all children
// inherit it.
var ownFolder, parentFolder = folders()

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

// temporary returns a folder for files that are needed only during a run. A
// cell's program is in a temporary folder of its kernel, which is the best
// place: it is removed with the kernel even if the program ends without
// cleaning up, as with log.Fatal.
func temporary() string {
	if program, err := os.Executable(); err == nil {
		if folder := filepath.Dir(program); strings.HasPrefix(filepath.Base(folder), "gonb_") {
			return folder
		}
	}
	return os.TempDir()
}

// Task runs f as a named piece of work. It is a region of the trace: it names
// the lane, and it is what counts as in flight.
//
// In a child process whose parent shows a run, Task also records what happens
// during f, for the parent's picture. Overlapping tasks of one process are
// recorded together. That takes a millisecond or two for each task, so tasks
// should take at least fifty times as long.
func Task(name string, f func()) {
	if parentFolder != "" {
		defer tasks.enter()()
	}
	trace.WithRegion(context.Background(), name, f)
}

// tasks records while at least one task of this process is running.
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
		if _, err := os.Lstat(parentFolder); err == nil {
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
	// Write atomically, because the parent may be reading already. If the folder
	// is gone, the trace is no longer needed.
	name := fmt.Sprintf("%d-%d%s", os.Getpid(), s.files.Add(1), traceSuffix)
	_ = atomicfile.WriteFile(filepath.Join(parentFolder, name), raw, 0o600)
}

const traceSuffix = ".trace"

// arrivals is the folder in which the children's traces arrive.
type arrivals struct{ folder string }

// awaitWorkers creates the folder. If that fails, as on a full disk, the
// picture shows this process only.
func awaitWorkers() arrivals {
	if ownFolder == "" || os.Mkdir(ownFolder, 0o700) != nil {
		return arrivals{}
	}
	return arrivals{ownFolder}
}

// collect returns the traces that arrived and removes the folder.
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

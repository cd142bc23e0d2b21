package sites

import (
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

func TestTheServerHoldsNoDescriptorOfItsParent(t *testing.T) {
	// Open a descriptor without FD_CLOEXEC, as one from a shell.
	inherited, err := syscall.Dup(int(os.Stdin.Fd()))
	if err != nil {
		t.Fatal(err)
	}
	defer syscall.Close(inherited)
	listed, err := os.Open(os.Args[0])
	if err != nil {
		t.Fatal(err)
	}
	defer listed.Close()
	if err := syscall.Dup3(int(listed.Fd()), 100, 0); err != nil {
		t.Fatal(err)
	}
	defer syscall.Close(100)

	s := newServer(t)
	files := "/proc/" + strconv.Itoa(s.process.Process.Pid) + "/fd/"
	open, err := os.ReadDir(files)
	if err != nil {
		t.Fatal(err)
	}
	var kinds []string
	for _, entry := range open {
		target, err := os.Readlink(files + entry.Name())
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasPrefix(target, "/sys/") {
			continue // Go's runtime reads there how many processors it may use
		}
		kind, _, _ := strings.Cut(target, ":")
		kinds = append(kinds, kind)
		if fd, _ := strconv.Atoi(entry.Name()); fd < 2 && target != os.DevNull {
			t.Errorf("descriptor %d is %s, want the null device", fd, target)
		}
	}
	slices.Sort(kinds)
	want := []string{"/dev/null", "/dev/null", "anon_inode", "anon_inode", "pipe", "pipe", "pipe", "socket"}
	if !slices.Equal(kinds, want) {
		t.Errorf("the server has the descriptors %q, want %q", kinds, want)
	}
}

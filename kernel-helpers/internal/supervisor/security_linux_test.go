package supervisor

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"example.com/speedup/kernel-helpers/internal/jupyter"
	"example.com/speedup/kernel-helpers/internal/supervisor/front"
)

// A kernel with GoNB and gopls listens on TCP only where its connection file says.
// Only its owner can read its files, and nobody can read its keys.
func TestOthersCanNeitherConnectNorReadFilesAndKeys(t *testing.T) {
	k := startKernel(t, kernelOptions{argv: realArgv(t), env: realEnv(t), workdir: t.TempDir(), transport: "tcp"})
	c := connect(t, k.conn)
	if o := c.run("%%\nfmt.Print(os.Environ())"); o.Status != "ok" || strings.Contains(o.stdout, k.conn.Key) || strings.Contains(o.stdout, homeEnv) {
		t.Errorf("got %v, want neither the key nor %s in a cell's environment", o, homeEnv)
	}
	c.complete("%%\nfmt.Sscanl")

	var want []string
	for _, ch := range front.Channels {
		_, address := k.conn.Endpoint(ch)
		want = append(want, address)
	}
	mine := map[string]bool{}
	keys := []string{k.conn.Key}
	for _, p := range k.processes() {
		links, _ := filepath.Glob(fmt.Sprintf("/proc/%d/fd/*", p.PID))
		for _, link := range links {
			if target, err := os.Readlink(link); err == nil {
				mine[target] = true
			}
		}
	}
	err := filepath.WalkDir(k.temp(), func(path string, d os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		switch {
		case os.IsNotExist(err): // GoNB has removed it meanwhile
			return nil
		case err != nil:
			return err
		case d.IsDir() && strings.Count(path, "/") <= strings.Count(k.temp(), "/")+2 && info.Mode().Perm() != 0o700:
			t.Errorf("%s: got mode %v, want 0700", path, info.Mode())
		case strings.HasSuffix(path, ".json") && strings.HasPrefix(filepath.Base(path), "kernel-"):
			inner, err := jupyter.ReadConnection(path)
			if err != nil || info.Mode().Perm() != 0o600 {
				t.Errorf("%s: got mode %v, %v, want 0600", path, info.Mode(), err)
			}
			keys = append(keys, inner.Key)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	if len(keys) != 2 {
		t.Errorf("got %d keys, want two", len(keys))
	}
	got := listening(t, mine)
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("got sockets on %v, want %v", got, want)
	}
	for _, p := range k.processes() {
		line, _ := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", p.PID))
		for _, key := range keys {
			if strings.Contains(string(line), key) || strings.Contains(k.log.String(), key) {
				t.Errorf("got a key in the log or in the command line %s", line)
			}
		}
	}
}

// listening lists the TCP addresses on which any of the sockets listens.
func listening(t *testing.T, sockets map[string]bool) (addresses []string) {
	t.Helper()
	for _, file := range []string{"/proc/net/tcp", "/proc/net/tcp6"} {
		raw, err := os.ReadFile(file)
		if err != nil {
			continue
		}
		for line := range strings.Lines(string(raw)) {
			f := strings.Fields(line)
			if len(f) < 10 || f[3] != "0A" || !sockets["socket:["+f[9]+"]"] { // 0A is LISTEN
				continue
			}
			var ip uint32
			var port int
			if _, err := fmt.Sscanf(f[1], "%08X:%04X", &ip, &port); err != nil || len(f[1]) != 13 {
				addresses = append(addresses, f[1])
				continue
			}
			addresses = append(addresses, fmt.Sprintf("%d.%d.%d.%d:%d", byte(ip), byte(ip>>8), byte(ip>>16), byte(ip>>24), port))
		}
	}
	return addresses
}

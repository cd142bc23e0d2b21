package jupyter

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var testConnection = Connection{
	Transport: "tcp", IP: "127.0.0.1", Key: "secret", SignatureScheme: "hmac-sha256",
	ShellPort: 1001, ControlPort: 1002, StdinPort: 1003, IOPubPort: 1004, HBPort: 1005, KernelName: "gonb",
}

func TestAConnectionFileIsPrivateAndRoundTrips(t *testing.T) {
	path := filepath.Join(t.TempDir(), "kernel.json")
	if err := os.WriteFile(path, []byte("what was there before"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := testConnection.Write(path); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("got mode %v, %v; want 0600", info.Mode(), err)
	}
	if got, err := ReadConnection(path); err != nil || got != testConnection {
		t.Errorf("got %+v, %v; want %+v", got, err, testConnection)
	}
	if files, _ := os.ReadDir(filepath.Dir(path)); len(files) != 1 {
		t.Errorf("got %d files, want 1", len(files))
	}
	if err := testConnection.Write(filepath.Join(path, "below a file")); err == nil {
		t.Error("Write succeeded below a file")
	}
}

func TestEndpoints(t *testing.T) {
	if network, address := testConnection.Endpoint(IOPub); network != "tcp" || address != "127.0.0.1:1004" {
		t.Errorf("tcp: got %s %s, want tcp 127.0.0.1:1004", network, address)
	}
	ipc := testConnection
	ipc.Transport, ipc.IP, ipc.HBPort = "ipc", "/tmp/k/s", 5
	if network, address := ipc.Endpoint(Heartbeat); network != "unix" || address != "/tmp/k/s-5" {
		t.Errorf("ipc: got %s %s, want unix /tmp/k/s-5", network, address)
	}
}

func TestErrorsNameTheConnectionFile(t *testing.T) {
	for content, want := range map[string]string{
		`{`:                                   "unexpected end",
		`{"transport":"udp","ip":"x"}`:        "udp",
		`{"ip":"","shell_port":1}`:            "ip is missing",
		`{"ip":"1.2.3.4","shell_port":1}`:     "control_port",
		`{"ip":"1.2.3.4","shell_port":99999}`: "99999",
		`{"ip":"1.2.3.4","key":"k","signature_scheme":"hmac-md5"}`: "hmac-md5",
		`{"ip":"1.2.3.4","shell_port":"1001"}`:                     "shell_port",
	} {
		path := filepath.Join(t.TempDir(), "kernel.json")
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := ReadConnection(path); err == nil || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got error %v, want %q", content, err, want)
		}
	}
	if _, err := ReadConnection("/no/such/file"); err == nil {
		t.Error("ReadConnection read a missing file")
	}
}

func TestFreePortsAreFreeAndDifferent(t *testing.T) {
	ports, err := freePorts(5)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[int]bool{}
	for _, p := range ports {
		seen[p] = true
	}
	if len(seen) != 5 {
		t.Errorf("got ports %v, want 5 different ones", ports)
	}
}

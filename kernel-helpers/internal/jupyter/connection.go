package jupyter

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"

	"example.com/speedup/kernel-helpers/base/atomicfile"
)

// A Channel is one of a kernel's five sockets.
type Channel string

// The channels of a kernel.
const (
	Shell     Channel = "shell"
	Control   Channel = "control"
	Stdin     Channel = "stdin"
	IOPub     Channel = "iopub"
	Heartbeat Channel = "hb"
)

// A Connection is the content of a connection file: where the kernel listens
// and how messages are signed.
type Connection struct {
	Transport       string `json:"transport"` // "ipc" or "tcp"
	IP              string `json:"ip"`        // an address or, with ipc, the prefix of the sockets' paths
	Key             string `json:"key"`
	SignatureScheme string `json:"signature_scheme"` // "hmac-sha256"
	ShellPort       int    `json:"shell_port"`
	ControlPort     int    `json:"control_port"`
	StdinPort       int    `json:"stdin_port"`
	IOPubPort       int    `json:"iopub_port"`
	HBPort          int    `json:"hb_port"`
	KernelName      string `json:"kernel_name,omitempty"`
}

// ReadConnection reads a connection file.
func ReadConnection(path string) (Connection, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return Connection{}, fmt.Errorf("jupyter: read connection file: %w", err)
	}
	c := Connection{Transport: "tcp", SignatureScheme: "hmac-sha256"} // the defaults
	if err := json.Unmarshal(raw, &c); err != nil {
		return Connection{}, fmt.Errorf("jupyter: read connection file %s: %w", path, err)
	}
	if err := c.check(); err != nil {
		return Connection{}, fmt.Errorf("jupyter: connection file %s: %w", path, err)
	}
	return c, nil
}

func (c Connection) check() error {
	if c.Transport != "tcp" && c.Transport != "ipc" {
		return fmt.Errorf("transport %q is not supported: use tcp or ipc", c.Transport)
	}
	if c.Key != "" && c.SignatureScheme != "hmac-sha256" {
		return fmt.Errorf("signature_scheme %q is not supported: use hmac-sha256", c.SignatureScheme)
	}
	if c.IP == "" {
		return errors.New("ip is missing")
	}
	for _, ch := range []Channel{Shell, Control, Stdin, IOPub, Heartbeat} {
		if p := c.port(ch); p < 1 || c.Transport == "tcp" && p > 65535 {
			return fmt.Errorf("%s_port: %d is not a port", ch, p)
		}
	}
	return nil
}

// Write writes a connection file that only its owner can read. It replaces an
// existing file atomically.
func (c Connection) Write(path string) error {
	raw, err := json.MarshalIndent(c, "", "  ")
	if err != nil {
		return fmt.Errorf("jupyter: write connection file: %w", err)
	}
	if err := atomicfile.WriteFile(path, append(raw, '\n'), 0o600); err != nil {
		return fmt.Errorf("jupyter: write connection file: %w", err)
	}
	return nil
}

// Endpoint returns the network ("tcp" or "unix") and the address of a channel,
// for [net.Dial] and [net.Listen].
func (c Connection) Endpoint(ch Channel) (network, address string) {
	port := strconv.Itoa(c.port(ch))
	if c.Transport == "ipc" {
		return "unix", c.IP + "-" + port
	}
	return "tcp", net.JoinHostPort(c.IP, port)
}

func (c Connection) port(ch Channel) int {
	switch ch {
	case Shell:
		return c.ShellPort
	case Control:
		return c.ControlPort
	case Stdin:
		return c.StdinPort
	case IOPub:
		return c.IOPubPort
	case Heartbeat:
		return c.HBPort
	}
	return 0
}

package front

import (
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"

	"github.com/prometheus/procfs"
)

// tcpListen is the state of a listening socket in /proc/net/tcp (proc_pid_net(5)).
const tcpListen = 0x0a

// portOwner returns which program uses a TCP address and how, as a part of an error
// message. It returns "" if it can't find out.
func portOwner(address string) string {
	want, err := netip.ParseAddrPort(address)
	if err != nil {
		return ""
	}
	proc, err := procfs.NewDefaultFS()
	if err != nil {
		return ""
	}
	//lint:ignore SA1019 It is slow with very many connections, and runs once when a start has failed.
	lines, _ := proc.NetTCP()
	//lint:ignore SA1019 As above. Without IPv6 it returns an error and nothing.
	lines6, _ := proc.NetTCP6()
	for _, line := range append(lines, lines6...) {
		local, isIP := netip.AddrFromSlice(line.LocalAddr)
		remote, _ := netip.AddrFromSlice(line.RemAddr)
		local, remote = local.Unmap(), remote.Unmap()
		if !isIP || line.LocalPort != uint64(want.Port()) || line.Inode == 0 ||
			local != want.Addr() && !local.IsUnspecified() && !want.Addr().IsUnspecified() {
			continue
		}
		program := socketOwner(line.Inode)
		switch {
		case line.St == tcpListen:
			return program + " listens there"
		case local == remote && line.LocalPort == line.RemPort:
			return program + " tried to connect there while no kernel listened, and has connected to itself"
		default:
			return fmt.Sprintf("%s has a connection from there to %s", program, netip.AddrPortFrom(remote, uint16(line.RemPort)))
		}
	}
	return ""
}

// socketOwner returns the name and id of a process that has the socket open.
func socketOwner(inode uint64) string {
	names, err := filepath.Glob("/proc/[0-9]*/fd/[0-9]*")
	if err != nil {
		return "a program"
	}
	socket := fmt.Sprintf("socket:[%d]", inode)
	for _, name := range names {
		if target, err := os.Readlink(name); err != nil || target != socket {
			continue
		}
		dir := filepath.Dir(filepath.Dir(name))
		comm, err := os.ReadFile(filepath.Join(dir, "comm"))
		if err != nil {
			continue // it has just ended
		}
		return fmt.Sprintf("%s (process %s)", strings.TrimSpace(string(comm)), filepath.Base(dir))
	}
	return "a program of another user"
}

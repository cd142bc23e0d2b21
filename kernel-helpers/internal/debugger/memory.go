package debugger

import (
	"context"
	"encoding/binary"
	"fmt"
	"math"
	"os"

	"example.com/speedup/kernel-helpers/internal/debugger/delve"
)

// memory reads the memory of a program that is stopped.
type memory struct {
	ctx    context.Context
	client *delve.Client
	file   *os.File // nil: read through Delve
}

// read fills p with what is at an address.
func (m memory) read(p []byte, addr uint64) error {
	if m.file == nil {
		return m.client.ReadMemory(m.ctx, p, addr)
	}
	if addr > math.MaxInt64 {
		return fmt.Errorf("debugger: no memory is at %#x", addr)
	}
	if _, err := m.file.ReadAt(p, int64(addr)); err != nil {
		return fmt.Errorf("debugger: read memory at %#x: %w", addr, err)
	}
	return nil
}

// word returns the pointer-sized number at an address, or 0 if there is none.
func (m memory) word(addr uint64) uint64 {
	var p [8]byte
	if m.read(p[:], addr) != nil {
		return 0
	}
	return binary.LittleEndian.Uint64(p[:])
}

// text returns the string whose header is at an address, cut to a length.
func (m memory) text(addr uint64, most int) string {
	p := make([]byte, min(m.word(addr+8), uint64(most)))
	if m.read(p, m.word(addr)) != nil {
		return ""
	}
	return string(p)
}

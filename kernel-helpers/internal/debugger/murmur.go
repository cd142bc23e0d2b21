package debugger

import (
	"encoding/binary"
	"strconv"
)

// hashSeed is the seed of the hash by which a front end names the files of cells.
// It is ipykernel's, so that front ends that assume it find cells, too.
const hashSeed = 0xc70f6907

// murmur2 is the hash function MurmurHash2 with 32 bits.
func murmur2(data []byte, seed uint32) uint32 {
	const m = 0x5bd1e995
	h := seed ^ uint32(len(data))
	for ; len(data) >= 4; data = data[4:] {
		k := binary.LittleEndian.Uint32(data) * m
		h = h*m ^ (k^k>>24)*m
	}
	switch len(data) {
	case 3:
		h ^= uint32(data[2]) << 16
		fallthrough
	case 2:
		h ^= uint32(data[1]) << 8
		fallthrough
	case 1:
		h = (h ^ uint32(data[0])) * m
	}
	h = (h ^ h>>13) * m
	return h ^ h>>15
}

// pathSuffix ends the paths of cells.
const pathSuffix = ".go"

// cellPath returns the path by which front ends know a cell: they compute it from
// the cell's text, too, and thereby find the cell of a breakpoint or a frame.
func cellPath(prefix, code string) string {
	return prefix + strconv.FormatUint(uint64(murmur2([]byte(code), hashSeed)), 10) + pathSuffix
}

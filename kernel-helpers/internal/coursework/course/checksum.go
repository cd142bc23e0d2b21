package course

import (
	"crypto/md5"
	"encoding/hex"
	"encoding/json"
	"io"
	"strconv"
	"strings"
)

// checksummed is the metadata of a cell that nbgrader's checksum is about.
type checksummed struct {
	GradeID  string  `json:"grade_id"`
	Grade    bool    `json:"grade"`
	Solution bool    `json:"solution"`
	Locked   bool    `json:"locked"`
	Points   float64 `json:"points"`
	Checksum string  `json:"checksum"`
}

// intact reports whether a cell is as it was handed out, by nbgrader's checksum. A
// student can forge that, which gains nothing: the course's own cell is used.
func (c checksummed) intact(source, kind string) bool {
	if c.Checksum == "" {
		return false
	}
	python := func(b bool) string {
		if b {
			return "True"
		}
		return "False"
	}
	h := md5.New()
	io.WriteString(h, source+kind+python(c.Grade)+python(c.Solution)+python(c.Locked)+c.GradeID)
	if c.Grade {
		points := strconv.FormatFloat(c.Points, 'f', -1, 64)
		if !strings.Contains(points, ".") {
			points += ".0"
		}
		io.WriteString(h, points)
	}
	return hex.EncodeToString(h.Sum(nil)) == c.Checksum
}

// gradeIDOf returns the grade_id in a cell's metadata, whatever else is in it.
func gradeIDOf(metadata []byte) string {
	var marks struct {
		GradeID string `json:"grade_id"`
	}
	_ = json.Unmarshal(metadata, &marks) // another type counts as absent
	return marks.GradeID
}

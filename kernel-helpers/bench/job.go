package bench

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// Job is what a side is asked to do.
type Job struct {
	Way       string   `json:"way"`        // how to download: a key of the side's own table
	Pages     []string `json:"pages"`      // URLs, taken in turn until Downloads is reached
	Downloads int      `json:"downloads"`  // how many in all
	Workers   int      `json:"workers"`    // most in flight at once; 0 is no limit
	OpenFiles int      `json:"open_files"` // how many descriptors the side may need
}

// Outcome is what a side reports when all its downloads succeeded. A side that
// fails prints no Outcome: it says why on stderr and exits with status 1.
type Outcome struct {
	Seconds   float64 `json:"seconds"` // around the downloads only
	Downloads int     `json:"downloads"`
	Bytes     int64   `json:"bytes"` // sum of the body sizes
}

// ParseOutcome reads the one JSON object that a side printed. Anything else on
// stdout, before or after it, is an error, as are impossible figures.
func ParseOutcome(stdout []byte) (Outcome, error) {
	if len(bytes.TrimSpace(stdout)) == 0 {
		return Outcome{}, errors.New("bench: no outcome on stdout")
	}
	decoder := json.NewDecoder(bytes.NewReader(stdout))
	decoder.DisallowUnknownFields()
	var o Outcome
	if err := decoder.Decode(&o); err != nil {
		return Outcome{}, fmt.Errorf("bench: outcome %s: %w", excerpt(stdout), err)
	}
	if _, err := decoder.Token(); err != io.EOF {
		return Outcome{}, fmt.Errorf("bench: outcome %s: more than one JSON object", excerpt(stdout))
	}
	if o.Seconds <= 0 || o.Downloads <= 0 || o.Bytes < 0 {
		return Outcome{}, fmt.Errorf("bench: outcome %s: seconds and downloads must be above 0, bytes not below", excerpt(stdout))
	}
	return o, nil
}

// excerpt quotes the beginning of what a side printed, for an error message.
func excerpt(b []byte) string {
	const most = 120
	b = bytes.TrimSpace(b)
	if len(b) > most {
		return fmt.Sprintf("%q…", b[:most])
	}
	return fmt.Sprintf("%q", b)
}

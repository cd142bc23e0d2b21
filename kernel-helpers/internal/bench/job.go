package bench

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// Job is what a side is asked to do: downloads or steps.
type Job struct {
	Way       string   `json:"way"`        // how to do it: a key of the side's own table
	Pages     []string `json:"pages"`      // URLs, taken in turn until Downloads is reached
	Downloads int      `json:"downloads"`  // how many in all
	Chunk     int      `json:"chunk"`      // how many URLs or tasks a process takes at a time, where the way says so
	Workers   int      `json:"workers"`    // most in flight at once, or processes; 0 is no limit
	OpenFiles int      `json:"open_files"` // how many descriptors the side may need
	Steps     int      `json:"steps"`      // how many tasks, starts, numbers or switches
	First     int      `json:"first"`      // the first of the numbers, or the number that primes are counted below
}

// Outcome is what a side reports when all its downloads or steps succeeded. A
// side that fails prints no Outcome: it says why on stderr and exits with
// status 1.
type Outcome struct {
	Seconds   float64 `json:"seconds"` // around the downloads or steps only
	Downloads int     `json:"downloads"`
	Bytes     int64   `json:"bytes"`  // sum of the body sizes
	Steps     int     `json:"steps"`  // instead of downloads
	Answer    string  `json:"answer"` // of the steps, in decimal
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
	if o.Seconds <= 0 || o.Downloads < 0 || o.Steps < 0 || (o.Downloads > 0) == (o.Steps > 0) || o.Bytes < 0 {
		return Outcome{}, fmt.Errorf("bench: outcome %s: seconds and either downloads or steps must be above 0, bytes not below", excerpt(stdout))
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

package bench

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// A Job is the work for a side: downloads or steps.
type Job struct {
	Way       string   `json:"way"`        // how to do it: a key in the side's own table
	Pages     []string `json:"pages"`      // URLs, used in turn until Downloads is reached
	Downloads int      `json:"downloads"`  // total number of downloads
	Chunk     int      `json:"chunk"`      // number of URLs or tasks per message to a process, if the way uses chunks
	Workers   int      `json:"workers"`    // maximum in flight, or number of processes; 0 means no limit
	OpenFiles int      `json:"open_files"` // number of descriptors that the side may need
	Steps     int      `json:"steps"`      // number of tasks, starts, numbers or switches
	First     int      `json:"first"`      // the first of the numbers, or the limit below which primes are counted
}

// An Outcome is a side's report when all its downloads or steps have succeeded.
// A side that fails prints no Outcome: it prints the reason on stderr and exits
// with status 1.
type Outcome struct {
	Seconds   float64 `json:"seconds"` // of the downloads or steps only
	Downloads int     `json:"downloads"`
	Bytes     int64   `json:"bytes"`  // total of the body sizes
	Steps     int     `json:"steps"`  // 0 for downloads
	Answer    string  `json:"answer"` // result of the steps, in decimal
}

// ParseOutcome parses the JSON object that a side printed. Anything else on
// stdout, before or after it, is an error, and so are impossible values.
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
		return Outcome{}, fmt.Errorf("bench: outcome %s: seconds and either downloads or steps must be positive, and bytes must not be negative", excerpt(stdout))
	}
	return o, nil
}

// excerpt quotes the beginning of a side's output, for an error message.
func excerpt(b []byte) string {
	const most = 120
	b = bytes.TrimSpace(b)
	if len(b) > most {
		return fmt.Sprintf("%q…", b[:most])
	}
	return fmt.Sprintf("%q", b)
}

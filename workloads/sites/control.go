package sites

import "errors"

// Kinds of requests to a server's process.
const (
	askStart = "start" // serve with these settings; the answer contains the address
	askStats = "stats"
)

type request struct {
	Ask      string    `json:"ask"`
	Settings *settings `json:"settings,omitempty"`
}

type reply struct {
	Address     string `json:"address,omitempty"`     // host:port
	Certificate []byte `json:"certificate,omitempty"` // DER, with TLS
	Stats       *Stats `json:"stats,omitempty"`
}

var errNoAnswer = errors.New("the server's reply contains no answer")

package supervisor

import "strings"

// executeContent is the content of an execute request.
type executeContent struct {
	Code         string            `json:"code"`
	Silent       bool              `json:"silent"`
	StoreHistory *bool             `json:"store_history"`
	Expressions  map[string]string `json:"user_expressions"`
	AllowStdin   *bool             `json:"allow_stdin"`
	StopOnError  *bool             `json:"stop_on_error"`
}

// remembered reports whether the cell is counted and goes into the history.
func (c executeContent) remembered() bool { return !c.Silent && orTrue(c.StoreHistory) }

// orTrue returns the value of a field that is true if it is absent.
func orTrue(b *bool) bool { return b == nil || *b }

// statusContent is the content of a reply that has only a status.
type statusContent struct {
	Status string `json:"status"`
}

// replyTo returns the type of the reply to a request of the given type.
func replyTo(request string) string { return strings.TrimSuffix(request, "request") + "reply" }

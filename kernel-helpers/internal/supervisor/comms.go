package supervisor

import (
	"encoding/json"
	"errors"
	"sync"

	"example.com/speedup/kernel-helpers/internal/jupyter"
	"example.com/speedup/kernel-helpers/internal/supervisor/front"
)

// comms are the open comms, through which widgets communicate.
type comms struct {
	mu   sync.Mutex
	open map[string]string // target names by comm id
}

// commContent is the part of a comm message's content that comms need.
type commContent struct {
	ID     string `json:"comm_id"`
	Target string `json:"target_name"`
}

// note updates the list of open comms with a message from either side.
func (c *comms) note(m jupyter.Message) {
	var content commContent
	if m.Decode(&content) != nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	switch m.Header.MsgType {
	case "comm_open":
		if c.open == nil {
			c.open = map[string]string{}
		}
		c.open[content.ID] = content.Target
	case "comm_close":
		delete(c.open, content.ID)
	}
}

// info answers a comm_info request.
func (c *comms) info(r front.Request) map[string]any {
	var request struct {
		Target string `json:"target_name"`
	}
	if err := r.Decode(&request); err != nil {
		request.Target = ""
	}
	found := map[string]map[string]string{}
	c.mu.Lock()
	defer c.mu.Unlock()
	for id, target := range c.open {
		if request.Target == "" || request.Target == target {
			found[id] = map[string]string{"target_name": target}
		}
	}
	return map[string]any{"status": "ok", "comms": found}
}

var errBadJSON = errors.New("its content or its metadata is not JSON")

// checkComm returns an error if GoNB could not read m. Comm messages are the only
// ones that reach GoNB as the client wrote them, and GoNB dies of one that it can't
// read. The front has checked frames, signature and headers, but only the braces
// of metadata and content.
func checkComm(m jupyter.Message) error {
	if !json.Valid(m.Content) || !json.Valid(m.Metadata) {
		return errBadJSON
	}
	return nil
}

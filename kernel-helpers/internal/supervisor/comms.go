package supervisor

import (
	"encoding/json"
	"errors"
	"sync"

	"example.com/speedup/kernel-helpers/internal/jupyter"
	"example.com/speedup/kernel-helpers/internal/supervisor/front"
)

// comms are the open comms: the channels that widgets talk through.
type comms struct {
	mu   sync.Mutex
	open map[string]string // target names by comm id
}

// commContent is what is of interest in the content of a comm message.
type commContent struct {
	ID     string `json:"comm_id"`
	Target string `json:"target_name"`
}

// note keeps the list of open comms by a message of either side.
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
	var asked struct {
		Target string `json:"target_name"`
	}
	if err := r.Decode(&asked); err != nil {
		asked.Target = ""
	}
	found := map[string]map[string]string{}
	c.mu.Lock()
	defer c.mu.Unlock()
	for id, target := range c.open {
		if asked.Target == "" || asked.Target == target {
			found[id] = map[string]string{"target_name": target}
		}
	}
	return map[string]any{"status": "ok", "comms": found}
}

var errBadJSON = errors.New("its content or its metadata is not JSON")

// checkComm returns an error if GoNB could not read m. Comm messages are the only
// ones that reach GoNB as the client wrote them, and one that it can't read ends
// it. The front has checked frames, signature and headers; of metadata and
// content it has looked at the braces alone.
func checkComm(m jupyter.Message) error {
	if !json.Valid(m.Content) || !json.Valid(m.Metadata) {
		return errBadJSON
	}
	return nil
}

// toComm passes a client's comm message on to GoNB. It drops a message that
// GoNB could not read.
func (s *Supervisor) toComm(r front.Request) {
	if err := checkComm(r.Message); err != nil {
		s.log.Warn("dropped a comm message", "type", r.Header.MsgType, "err", err)
		return
	}
	s.comms.note(r.Message)
	s.bracket(r, func() {
		gonb := s.alive()
		if gonb == nil {
			return
		}
		if err := gonb.Send(s.life, jupyter.Shell, r.Message); err != nil {
			s.log.Warn("comm", "err", err)
		}
	})
}

// fromComm passes on what GoNB says outside of any cell.
func (s *Supervisor) fromComm(m jupyter.Message) {
	switch m.Header.MsgType {
	case "comm_open", "comm_msg", "comm_close", "display_data", "update_display_data":
		s.comms.note(m)
		s.front.Relay(m)
	}
}

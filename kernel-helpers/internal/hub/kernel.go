package hub

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/coder/websocket"
	"github.com/coder/websocket/wsjson"

	"example.com/speedup/kernel-helpers/internal/jupyter"
)

// messageLimit is the size of the largest message that is read. A picture of a run has
// some hundred kilobytes.
const messageLimit = 64 << 20

// A Kernel runs the cells of one notebook.
type Kernel struct {
	ID      string
	server  *Server
	session string
	socket  *websocket.Conn
}

// A CellError is the error of a cell that failed.
type CellError struct {
	Name, Value string
}

func (e *CellError) Error() string { return fmt.Sprintf("the cell failed: %s: %s", e.Name, e.Value) }

// message is a message of Jupyter's protocol as a server passes it on. Its channel is
// beside the usual parts.
type message struct {
	Channel  string          `json:"channel"`
	Header   jupyter.Header  `json:"header"`
	Parent   jupyter.Header  `json:"parent_header"`
	Metadata struct{}        `json:"metadata"`
	Content  json.RawMessage `json:"content"`
}

// Open opens the notebook at path, as JupyterLab does: it starts the kernel that spec
// names and connects to it.
func (s *Server) Open(ctx context.Context, path, spec string) (*Kernel, error) {
	var opened struct{ Kernel struct{ ID string } }
	request := map[string]any{"path": path, "name": path, "type": "notebook", "kernel": map[string]string{"name": spec}}
	if err := s.Call(ctx, http.MethodPost, "/api/sessions", request, &opened); err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	k := &Kernel{ID: opened.Kernel.ID, server: s, session: jupyter.NewID()}
	address := s.client.base + s.prefix + "/api/kernels/" + k.ID + "/channels?session_id=" + k.session
	socket, _, err := websocket.Dial(ctx, "ws"+strings.TrimPrefix(address, "http"), &websocket.DialOptions{HTTPHeader: s.client.authorization()})
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	socket.SetReadLimit(messageLimit)
	k.socket = socket
	return k, nil
}

// Close leaves the kernel, which goes on running.
func (k *Kernel) Close() error {
	return k.socket.Close(websocket.StatusNormalClosure, "")
}

// Execute runs code and returns what it printed to standard output. If the cell fails,
// the error is a [CellError].
func (k *Kernel) Execute(ctx context.Context, code string) (string, error) {
	content := map[string]any{"code": code, "silent": false, "store_history": true, "user_expressions": struct{}{}, "allow_stdin": false, "stop_on_error": true}
	id, err := k.send(ctx, "execute_request", content)
	if err != nil {
		return "", err
	}
	var text strings.Builder
	var failed error
	for idle, replied := false, false; !idle || !replied; {
		m, err := k.next(ctx, id)
		if err != nil {
			return text.String(), err
		}
		var c struct {
			ExecutionState        string `json:"execution_state"`
			Name, Text            string
			Status, Ename, Evalue string
		}
		if err := json.Unmarshal(m.Content, &c); err != nil {
			return text.String(), fmt.Errorf("%s: %w", m.Header.MsgType, err)
		}
		switch m.Header.MsgType {
		case "status":
			idle = idle || c.ExecutionState == "idle"
		case "stream":
			if c.Name == "stdout" {
				text.WriteString(c.Text)
			}
		case "execute_reply":
			replied = true
			if c.Status != "ok" {
				failed = &CellError{c.Ename, c.Evalue}
			}
		}
	}
	return text.String(), failed
}

// Complete asks for completions at the end of code.
func (k *Kernel) Complete(ctx context.Context, code string) ([]string, error) {
	id, err := k.send(ctx, "complete_request", map[string]any{"code": code, "cursor_pos": len([]rune(code))})
	if err != nil {
		return nil, err
	}
	for {
		m, err := k.next(ctx, id)
		if err != nil {
			return nil, err
		}
		if m.Header.MsgType == "complete_reply" {
			var c struct{ Matches []string }
			return c.Matches, json.Unmarshal(m.Content, &c)
		}
	}
}

func (k *Kernel) send(ctx context.Context, msgType string, content any) (id string, err error) {
	text, err := json.Marshal(content)
	if err != nil {
		return "", err
	}
	m := message{Channel: "shell", Content: text}
	m.Header = jupyter.Header{MsgID: jupyter.NewID(), Session: k.session, Username: k.server.client.Name, MsgType: msgType, Version: "5.3"}
	if err := wsjson.Write(ctx, k.socket, m); err != nil {
		return "", fmt.Errorf("%s: %w", msgType, err)
	}
	return m.Header.MsgID, nil
}

// next returns the next message that answers the request id.
func (k *Kernel) next(ctx context.Context, id string) (message, error) {
	for {
		var m message
		if err := wsjson.Read(ctx, k.socket, &m); err != nil {
			return m, errors.Join(fmt.Errorf("the kernel's connection: %w", err), context.Cause(ctx))
		}
		if m.Parent.MsgID == id {
			return m, nil
		}
	}
}

package notebook

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/go-json-experiment/json/jsontext"
)

// A recorder turns the iopub messages of one run into outputs of cells. It
// records the displays of all cells, because any cell may update them.
type recorder struct {
	limit    int // maximum of stream bytes kept per cell
	displays map[string][]display
}

type display struct {
	area   *area
	output *Output
}

func newRecorder(limit int) *recorder {
	return &recorder{limit: limit, displays: map[string][]display{}}
}

// An area collects the outputs of one cell.
type area struct {
	recorder  *recorder
	outputs   []*Output
	count     int           // the kernel's execution count
	clearNext bool          // clear before the next output
	stream    *terminalText // the text of the last output, if it is a stream
	streamed  int           // bytes of earlier streams
	full      *Output       // the stream output in which the limit was reached
	leftOut   int           // bytes left out since then
}

func (r *recorder) newArea() *area { return &area{recorder: r} }

// content holds the fields that this package reads from messages' contents.
type content struct {
	Data           map[string]json.RawMessage `json:"data"`
	Metadata       json.RawMessage            `json:"metadata"`
	ExecutionCount int                        `json:"execution_count"`
	Transient      struct {
		DisplayID string `json:"display_id"`
	} `json:"transient"`
	Wait      bool     `json:"wait"`
	EName     string   `json:"ename"`
	EValue    string   `json:"evalue"`
	Traceback []string `json:"traceback"`
}

// apply applies one iopub message of the cell. It ignores types of messages
// that produce no output. If the content is invalid, apply returns an error and
// changes nothing.
func (a *area) apply(msgType string, raw json.RawMessage) error {
	switch msgType {
	case "stream":
		if err := a.applyStream(raw); err != nil {
			return fmt.Errorf("the kernel sent an invalid stream message: %w", err)
		}
		return nil
	case "display_data", "execute_result", "error", "update_display_data", "clear_output", "execute_input":
	default:
		return nil
	}
	var c content
	if err := json.Unmarshal(raw, &c); err != nil {
		return fmt.Errorf("the kernel sent an invalid %s message: %w", msgType, err)
	}
	if err := c.check(); err != nil {
		return fmt.Errorf("the kernel sent an invalid %s message: %w", msgType, err)
	}
	switch msgType {
	case "execute_input":
		a.count = c.ExecutionCount
	case "error":
		a.add(&Output{Type: msgType, EName: c.EName, EValue: c.EValue, Traceback: c.Traceback})
	case "clear_output":
		if c.Wait {
			a.clearNext = true
		} else {
			a.clear()
		}
	case "update_display_data":
		a.recorder.update(c)
	case "display_data", "execute_result":
		a.recorder.update(c)
		o := &Output{Type: msgType, Data: c.Data, Metadata: c.Metadata}
		if msgType == "execute_result" {
			o.ExecutionCount = c.ExecutionCount
			a.count = c.ExecutionCount
		}
		a.add(o)
		if id := c.Transient.DisplayID; id != "" {
			a.recorder.displays[id] = append(a.recorder.displays[id], display{a, o})
		}
	}
	return nil
}

// check checks that the values that are kept raw can be written.
func (c *content) check() error {
	for mime, raw := range c.Data {
		if len(raw) > 0 && raw[0] != '"' {
			if _, err := scan(raw); err != nil {
				return fmt.Errorf("data of %s: %w", mime, err)
			}
		}
	}
	if c.Metadata == nil || string(c.Metadata) == "null" {
		c.Metadata = nil
		return nil
	}
	n, err := scan(c.Metadata)
	if err != nil {
		return fmt.Errorf("metadata: %w", err)
	}
	if n.kind != '{' {
		return fmt.Errorf("metadata is %s, not an object", n.describe())
	}
	return nil
}

// update changes all displays with an id, in whatever cells they are.
func (r *recorder) update(c content) {
	if c.Transient.DisplayID == "" {
		return
	}
	for _, d := range r.displays[c.Transient.DisplayID] {
		d.output.Data, d.output.Metadata = c.Data, c.Metadata
	}
}

func (a *area) add(o *Output) {
	if a.clearNext {
		a.clear()
	}
	a.endStream()
	a.outputs = append(a.outputs, o)
}

// applyStream applies a stream message. A kernel may put 100 MB into one, so
// its text is decoded once and copied no further than the limit.
func (a *area) applyStream(raw json.RawMessage) error {
	n, err := scan(raw)
	if err != nil {
		return err
	}
	p := parser{text: raw}
	name, err := p.str(&n, "name")
	if err != nil {
		return err
	}
	value, err := p.need(&n, "text", '"')
	if err != nil {
		return err
	}
	quoted := raw[value.start:value.end]
	text, _ := jsontext.AppendUnquote(make([]byte, 0, len(quoted)), quoted) // succeeds because it was scanned
	a.addStream(name, text)
	return nil
}

// addStream appends text to the last output if that is the same stream.
func (a *area) addStream(name string, text []byte) {
	if a.clearNext {
		a.clear()
	}
	if a.full == nil && (a.stream == nil || a.outputs[len(a.outputs)-1].Name != name) {
		a.add(&Output{Type: "stream", Name: name})
		a.stream = &terminalText{}
	}
	for a.full == nil && len(text) > 0 {
		piece := text[:runeEdge(text, 64<<10)]
		text = text[len(piece):]
		a.stream.add(piece)
		if room := a.recorder.limit - a.streamed; len(a.stream.text) > room {
			a.full = a.outputs[len(a.outputs)-1]
			a.leftOut = a.stream.cut(room)
		}
	}
	a.leftOut += len(text)
}

func (a *area) endStream() {
	if a.stream == nil {
		return
	}
	a.outputs[len(a.outputs)-1].Text = string(a.stream.text)
	a.streamed += len(a.stream.text)
	a.stream = nil
}

func (a *area) clear() {
	// A cell that shows and clears in a loop must not accumulate displays.
	maps.DeleteFunc(a.recorder.displays, func(id string, displays []display) bool {
		displays = slices.DeleteFunc(displays, func(d display) bool { return d.area == a })
		a.recorder.displays[id] = displays
		return len(displays) == 0
	})
	*a = area{recorder: a.recorder, count: a.count}
}

// finish ends the cell and returns its outputs.
func (a *area) finish() []*Output {
	a.endStream()
	if a.full != nil {
		a.full.Text += fmt.Sprintf("\n[%d bytes of output left out: at most %d bytes of a cell's stdout and stderr are kept]\n",
			a.leftOut, a.recorder.limit)
		a.full = nil
	}
	return a.outputs
}

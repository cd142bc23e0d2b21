package notebook

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// A msg is one iopub message.
type msg struct{ kind, content string }

func out(name, text string) msg {
	return msg{"stream", fmt.Sprintf(`{"name":%q,"text":%q}`, name, text)}
}

func show(text, id string) msg {
	return msg{"display_data", fmt.Sprintf(`{"data":{"text/plain":%q},"metadata":{},"transient":{"display_id":%q}}`, text, id)}
}

// render formats outputs briefly.
func render(outputs []*Output) string {
	var b strings.Builder
	for _, o := range outputs {
		switch o.Type {
		case "stream":
			fmt.Fprintf(&b, "%s %q; ", o.Name, o.Text)
		case "error":
			fmt.Fprintf(&b, "error %s %q %q; ", o.EName, o.EValue, o.Traceback)
		default:
			data, _ := json.Marshal(o.Data)
			fmt.Fprintf(&b, "%s %s %s %d; ", o.Type, data, o.Metadata, o.ExecutionCount)
		}
	}
	return strings.TrimSuffix(b.String(), "; ")
}

func TestMessagesBecomeOutputs(t *testing.T) {
	for name, test := range map[string]struct {
		messages []msg
		want     string
	}{
		"adjacent text of a stream is one output": {
			[]msg{out("stdout", "a"), out("stdout", "b\n"), out("stderr", "c"), out("stdout", "d")},
			`stdout "ab\n"; stderr "c"; stdout "d"`,
		},
		"a display divides a stream": {
			[]msg{out("stdout", "a"), show("x", ""), out("stdout", "b")},
			`stdout "a"; display_data {"text/plain":"x"} {} 0; stdout "b"`,
		},
		"carriage returns work across messages": {
			[]msg{out("stdout", "10%"), out("stdout", "\r20%"), out("stdout", "\r100%\n")},
			`stdout "100%\n"`,
		},
		"a result and its number": {
			[]msg{{"execute_input", `{"code":"x","execution_count":4}`}, {"execute_result", `{"data":{"text/plain":"1"},"metadata":{"a":1},"execution_count":4}`}},
			`execute_result {"text/plain":"1"} {"a":1} 4`,
		},
		"an error": {
			[]msg{{"error", `{"ename":"E","evalue":"v","traceback":["t1","t2"]}`}},
			`error E "v" ["t1" "t2"]`,
		},
		"an update changes every display of the id and adds none": {
			[]msg{show("1", "p"), show("x", "q"), show("2", "p"), {"update_display_data", `{"data":{"text/html":"<b>"},"metadata":{"m":1},"transient":{"display_id":"p"}}`}},
			`display_data {"text/html":"\u003cb\u003e"} {"m":1} 0; display_data {"text/plain":"x"} {} 0; display_data {"text/html":"\u003cb\u003e"} {"m":1} 0`,
		},
		"a display of a known id updates the older one": {
			[]msg{show("1", "p"), show("2", "p")},
			`display_data {"text/plain":"2"} {} 0; display_data {"text/plain":"2"} {} 0`,
		},
		"an update of an unknown id has no effect": {
			[]msg{{"update_display_data", `{"data":{},"transient":{"display_id":"p"}}`}, {"update_display_data", `{"data":{}}`}},
			``,
		},
		"a transient of null": {
			[]msg{{"display_data", `{"data":{"text/plain":"x"},"metadata":null,"transient":null}`}},
			`display_data {"text/plain":"x"}  0`,
		},
		"clear_output clears": {
			[]msg{out("stdout", "a"), {"clear_output", `{"wait":false}`}, out("stdout", "b")},
			`stdout "b"`,
		},
		"clear_output at the end leaves nothing": {
			[]msg{out("stdout", "a"), {"clear_output", `{}`}},
			``,
		},
		"clear_output that waits clears at the next output": {
			[]msg{out("stdout", "a"), {"clear_output", `{"wait":true}`}, show("x", ""), out("stdout", "b")},
			`display_data {"text/plain":"x"} {} 0; stdout "b"`,
		},
		"clear_output that waits without another output clears nothing": {
			[]msg{out("stdout", "a"), {"clear_output", `{"wait":true}`}},
			`stdout "a"`,
		},
		"clear_output that waits clears at the same stream's next text": {
			[]msg{out("stdout", "a"), {"clear_output", `{"wait":true}`}, out("stdout", "b")},
			`stdout "b"`,
		},
		"a cleared display is no longer updated": {
			[]msg{show("1", "p"), {"clear_output", `{}`}, show("2", "q"), {"update_display_data", `{"data":{},"transient":{"display_id":"p"}}`}},
			`display_data {"text/plain":"2"} {} 0`,
		},
		"other messages produce no outputs": {
			[]msg{{"status", `{"execution_state":"busy"}`}, {"comm_open", `{"data":{}}`}, {"new", `nonsense`}},
			``,
		},
	} {
		t.Run(name, func(t *testing.T) {
			a := newRecorder(1000).newArea()
			for _, m := range test.messages {
				if err := a.apply(m.kind, json.RawMessage(m.content)); err != nil {
					t.Fatal(err)
				}
			}
			if got := render(a.finish()); got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
		})
	}
}

func TestACellMayUpdateADisplayOfAnEarlierOne(t *testing.T) {
	r := newRecorder(1000)
	first := r.newArea()
	_ = first.apply("display_data", json.RawMessage(show("1", "p").content))
	earlier := first.finish()
	second := r.newArea()
	_ = second.apply("update_display_data", json.RawMessage(`{"data":{"text/plain":"2"},"metadata":{},"transient":{"display_id":"p"}}`))
	if got, want := render(earlier), `display_data {"text/plain":"2"} {} 0`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got := second.finish(); len(got) != 0 {
		t.Errorf("the second cell has the outputs %s, want none", render(got))
	}
}

func TestClearedDisplaysAreForgotten(t *testing.T) {
	r := newRecorder(1000)
	a, other := r.newArea(), r.newArea()
	_ = other.apply("display_data", json.RawMessage(show("1", "p").content))
	for i := range 10 {
		_ = a.apply("display_data", json.RawMessage(show("1", "p").content))
		_ = a.apply("display_data", json.RawMessage(show("1", fmt.Sprint(i)).content))
		_ = a.apply("clear_output", json.RawMessage(`{}`))
	}
	if len(r.displays) != 1 || len(r.displays["p"]) != 1 {
		t.Errorf("the recorder has the displays %v, want one", r.displays)
	}
}

func TestStreamsAreCutAtTheLimitWithANote(t *testing.T) {
	a := newRecorder(10).newArea()
	for _, m := range []msg{out("stdout", "12345"), out("stderr", "123é5678"), show("x", ""), out("stdout", "left")} {
		if err := a.apply(m.kind, json.RawMessage(m.content)); err != nil {
			t.Fatal(err)
		}
	}
	want := `stdout "12345"; stderr "123é\n[8 bytes of output left out: at most 10 bytes of a cell's stdout and stderr are kept]\n"; display_data {"text/plain":"x"} {} 0`
	if got := render(a.finish()); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestTheLimitCutsBetweenCharacters(t *testing.T) {
	a := newRecorder(3).newArea()
	_ = a.apply("stream", json.RawMessage(`{"name":"stdout","text":"ééé"}`))
	if got := a.finish()[0].Text; !strings.HasPrefix(got, "é\n[4 bytes") {
		t.Errorf("got %q, want one character and the note", got)
	}
}

func TestAClearedCellHasItsWholeLimitAgain(t *testing.T) {
	a := newRecorder(4).newArea()
	for _, m := range []msg{out("stdout", "123456"), {"clear_output", `{"wait":true}`}, out("stdout", "abcd")} {
		_ = a.apply(m.kind, json.RawMessage(m.content))
	}
	if got := render(a.finish()); got != `stdout "abcd"` {
		t.Errorf("got %s, want the text after clear_output", got)
	}
}

func TestInvalidMessagesAreErrorsAndChangeNothing(t *testing.T) {
	for _, m := range []msg{
		{"stream", `{"name":1}`},
		{"stream", `nonsense`},
		{"display_data", `{"data":[]}`},
		{"display_data", `{"data":{"application/json":{"a":1,"a":2}}}`},
		{"display_data", `{"data":{},"metadata":[]}`},
		{"error", `{"traceback":"x"}`},
	} {
		a := newRecorder(10).newArea()
		if err := a.apply(m.kind, json.RawMessage(m.content)); err == nil {
			t.Errorf("%s %s: got no error", m.kind, m.content)
		}
		if got := a.finish(); len(got) != 0 {
			t.Errorf("%s %s: got the outputs %s, want none", m.kind, m.content, render(got))
		}
	}
}

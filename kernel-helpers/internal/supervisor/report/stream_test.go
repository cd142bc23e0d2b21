package report

import (
	"encoding/json"
	"strings"
	"testing"

	"example.com/speedup/kernel-helpers/internal/jupyter"
)

// What readQuickly accepts it must read as encoding/json does.
func FuzzStreamsAreReadLikeEncodingJSON(f *testing.F) {
	for _, seed := range []string{
		`{"name":"stdout","text":"hello\n"}`, `{"name":"stderr","text":"\u003ca\u003e \"q\" \\ \u00e4ä\ud83d\ude00"}`,
		`{"name":"a\"b","text":""}`, `{"name":"a","text":"\`, `{"name":"a","text":"b","c":1}`, `{"text":"b","name":"a"}`, `{"name":"a","text":"\u12"}`, `{"name":"a","text":"\ud800"}`,
		"{\"name\":\"a\",\"text\":\"\x01\"}", "{\"name\":\"\x01\",\"text\":\"\"}", "{\"name\":\"a\",\"text\":\"\xff\"}", `{"name":"a","text":"\u000000"}`, `{"name":"a","text":"\u+123"}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		var want struct{ Name, Text string }
		wantErr := json.Unmarshal(content, &want)
		name, text, ok := readQuickly(content)
		if ok && (wantErr != nil || name != want.Name || text != want.Text) {
			t.Errorf("%q: got %q, %q, want json's %q, %q, %v", content, name, text, want.Name, want.Text, wantErr)
		}
		name, text, err := ReadStream(jupyter.Message{Content: content})
		if (err == nil) != (wantErr == nil) || err == nil && (name != want.Name || text != want.Text) {
			t.Errorf("%q: got %q, %q, %v, want json's %q, %q, %v", content, name, text, err, want.Name, want.Text, wantErr)
		}
	})
}

func TestStreamsInTheFormOfGoNBAreReadQuickly(t *testing.T) {
	for _, text := range []string{"", "hello\n", "<a & b> \"q\" \\ \t\r\b\f\x00\x1f\x7f äöü \u2028 😀", strings.Repeat("line\n", 1000)} {
		raw, err := json.Marshal(map[string]string{"name": "stdout", "text": text})
		if err != nil {
			t.Fatal(err)
		}
		if name, got, ok := readQuickly(raw); !ok || name != "stdout" || got != text {
			t.Errorf("%q: got %q, %v, want the text", raw, got, ok)
		}
	}
}

func BenchmarkReadStream(b *testing.B) {
	raw, err := json.Marshal(map[string]string{"name": "stdout", "text": strings.Repeat("the answer to all of it is 42\n", 1000)})
	if err != nil {
		b.Fatal(err)
	}
	b.Run("ours", func(b *testing.B) {
		b.SetBytes(int64(len(raw)))
		for b.Loop() {
			ReadStream(jupyter.Message{Content: raw})
		}
	})
	b.Run("encoding json", func(b *testing.B) {
		b.SetBytes(int64(len(raw)))
		for b.Loop() {
			var s struct{ Name, Text string }
			json.Unmarshal(raw, &s)
		}
	})
}

package notebook

import (
	"strings"
	"testing"
)

// The expected values are the results of processText in JupyterLab 4.6.6.
func TestTerminalTextIsWhatJupyterLabSaves(t *testing.T) {
	for _, test := range []struct {
		chunks []string
		want   string
	}{
		{[]string{"a", "b\nc"}, "ab\nc"},
		{[]string{"a\rb"}, "b"},
		{[]string{"abc\rX"}, "Xbc"},
		{[]string{"abc\rX\b"}, "c"},
		{[]string{"abc", "\rXY"}, "XYc"},
		{[]string{"ab\b", "c"}, "ac"},
		{[]string{"a\r\nb"}, "a\nb"},
		{[]string{"10%\r", "20%\r", "100%\n"}, "100%\n"},
		{[]string{"é\b"}, ""},
		{[]string{"éèê\rx"}, "xèê"},
		{[]string{"a\n\b\bX"}, "a\nX"},
		{[]string{"abc\r", "\nd"}, "abc\nd"},
		{[]string{"abc\b\bX"}, "aX"},
		{[]string{"abc\r\b"}, "abc"},
		{[]string{"abcdef\rxy\bz"}, "xzef"},
		{[]string{"x\r\r\ny\r"}, "x\ny"},
		{[]string{"abc\rX", "Y\b", "\nq"}, "X\nq"},
	} {
		var text terminalText
		for _, chunk := range test.chunks {
			text.add([]byte(chunk))
		}
		if got := string(text.text); got != test.want {
			t.Errorf("%q: got %q, want %q", test.chunks, got, test.want)
		}
	}
}

func FuzzTerminalText(f *testing.F) {
	f.Add("abc\rX\b\n", 3)
	f.Add("é\r\bx\b", 1)
	f.Fuzz(func(t *testing.T, s string, split int) {
		s = strings.ToValidUTF8(s, "?")
		var whole, parts terminalText
		whole.add([]byte(s))
		split = min(max(split, 0), len(s))
		parts.add([]byte(strings.ToValidUTF8(s[:split], "")))
		parts.add([]byte(strings.ToValidUTF8(s[split:], "")))
		if !strings.ContainsAny(s, "\r\b") && string(whole.text) != s {
			t.Errorf("%q: got %q, want it unchanged", s, whole.text)
		}
		if n := len(whole.text) / 2; whole.cut(n) < len(whole.text)-n {
			t.Errorf("after cut: got %d bytes, want at most %d", len(whole.text), n)
		}
	})
}

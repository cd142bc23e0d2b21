package untrusted

import "testing"

func TestLongTextIsCutBetweenCharacters(t *testing.T) {
	for _, c := range []struct {
		text string
		max  int
		want string
	}{
		{"abc", 3, "abc"},
		{"abcd", 3, "abc … (1 more bytes)"},
		{"aä", 2, "a … (2 more bytes)"},
		{"a\xff", 10, "a\uFFFD"},
	} {
		if got := Truncate(c.text, c.max); got != c.want {
			t.Errorf("%q cut to %d: got %q, want %q", c.text, c.max, got, c.want)
		}
	}
}

func TestWhatATerminalObeysIsRemoved(t *testing.T) {
	const text = "a\x1b]0;title\ab\x1b[31mc\u202ed\u009b\r\n\te\xff"
	if got, want := Clean(text), "abc\uFFFDd\uFFFD\n\te\uFFFD"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

package debugger

import "testing"

// The values are those of ipykernel 7.4, and of JupyterLab's front end.
func TestMurmur2AsFrontEndsComputeIt(t *testing.T) {
	for text, want := range map[string]uint32{
		"": 3990065800, "a": 2167009006, "ab": 2805137849, "abc": 3350977461, "abcd": 804720481,
		"%%\nfmt.Println(\"héllo\")\n": 3295729795,
	} {
		if got := murmur2([]byte(text), hashSeed); got != want {
			t.Errorf("murmur2(%q): got %d, want %d", text, got, want)
		}
	}
}

package probe

import "strings"

// Advice returns what to change about a panic or a fatal error with this text, or
// "".
func Advice(text string) string {
	for _, a := range advice {
		if strings.Contains(text, a.reason) {
			return a.change
		}
	}
	return ""
}

var advice = []struct{ reason, change string }{
	{"close of closed channel", "close a channel once, in the goroutine that knows that no value follows"},
	{"close of nil channel", "make the channel before it is closed"},
	{"send on closed channel", "close the channel after the last send"},
	{"assignment to entry in nil map", "make the map first"},
	{"negative WaitGroup counter", "call Done once for each goroutine that Add counted"},
	{"unlock of unlocked mutex", "unlock once for each lock"},
	{"Unlock of unlocked RWMutex", "unlock once for each lock"},
	{"concurrent map", "let one goroutine at a time use the map: guard it with a lock"},
	{"function continued iteration after function for loop body returned false", "stop when yield returns false"},
	{"not implemented", "replace this line by your answer"},
}

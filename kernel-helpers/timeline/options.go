package timeline

// An Option changes what a picture shows.
type Option func(*settings)

type settings struct {
	processors bool
	wakes      bool
}

func collect(options []Option) settings {
	var o settings
	for _, set := range options {
		set(&o)
	}
	return o
}

// Processors draws a lane for each processor, and shows when it ran a
// goroutine.
func Processors() Option { return func(o *settings) { o.processors = true } }

// WakeUps draws an arrow wherever one goroutine made another one ready, for
// example by a send or an unlock, as long as there are few enough to follow.
func WakeUps() Option { return func(o *settings) { o.wakes = true } }

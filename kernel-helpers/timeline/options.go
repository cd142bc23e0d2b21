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

// Processors makes the lanes processors, and shows when each ran a goroutine.
func Processors() Option { return func(o *settings) { o.processors = true } }

// WakeUps draws an arrow where one goroutine made another one ready, as by a
// send or an unlock, while there are few enough of them to be followed.
func WakeUps() Option { return func(o *settings) { o.wakes = true } }

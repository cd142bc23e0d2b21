package generator

// onChannels runs a body on a goroutine. The two channels hold nothing: each
// send waits for its receiver, so one side runs and the other stands still.
func onChannels[Y, S any](y *Yielder[Y, S], run func()) {
	messages := make(chan message[S])
	replies := make(chan reply[Y])
	y.in = func(m message[S]) reply[Y] {
		messages <- m
		return <-replies
	}
	y.out = func(r reply[Y]) message[S] {
		replies <- r
		return <-messages
	}
	go func() {
		<-messages // the first Next, which carries nothing
		last := reply[Y]{what: exited}
		defer func() { replies <- last }()
		run()
		last.what = ended
	}()
}

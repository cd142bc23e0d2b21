package generator

// onChannels runs a body on a goroutine. The two channels only pass the turn;
// the data is in the Yielder. They are unbuffered: each send waits for its
// receiver, so that one side runs while the other waits.
func onChannels[Y, S any](y *Yielder[Y, S], run func()) {
	step := make(chan struct{})
	yield := make(chan struct{})
	y.toBody = func() {
		step <- struct{}{}
		<-yield
	}
	y.toCaller = func() {
		yield <- struct{}{}
		<-step
	}
	go func() {
		<-step
		defer func() { yield <- struct{}{} }() // runs after runtime.Goexit too
		run()
	}()
}

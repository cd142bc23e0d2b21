package generator

// onChannels runs a body on a goroutine. What is said lies in the Yielder; the
// two channels pass the turn. Neither holds anything: each send waits for its
// receiver, so that one side runs while the other stands still.
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
		defer func() { yield <- struct{}{} }() // also on runtime.Goexit
		run()
	}()
}

package eventloop

import "testing"

func BenchmarkSwitch(b *testing.B) {
	b.Run("Sleep(0)", func(b *testing.B) {
		New().Run(b.Context(), func(co *Coroutine) error {
			for b.Loop() {
				co.Sleep(0)
			}
			return nil
		})
	})
	b.Run("two tasks and a future", func(b *testing.B) {
		l := New()
		l.Run(b.Context(), func(co *Coroutine) error {
			var f *Future[None]
			t := Go(l, func(co *Coroutine) (None, error) {
				for {
					if err := co.Sleep(0); err != nil {
						return None{}, err
					}
					f.SetResult(None{})
				}
			})
			for b.Loop() {
				f = NewFuture[None](l)
				Await(co, f)
			}
			return t.Cancel()
		})
	})
	b.Run("a task", func(b *testing.B) {
		l := New()
		l.Run(b.Context(), func(co *Coroutine) error {
			for b.Loop() {
				Await(co, Go(l, func(co *Coroutine) (None, error) { return None{}, nil }))
			}
			return nil
		})
	})
}

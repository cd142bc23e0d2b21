package jupyter

import "context"

// Methods that a supervisor needs in addition to requests and replies.

// PID returns the process id of the kernel.
func (k *Kernel) PID() int { return k.process.cmd.Process.Pid }

// TempDir returns the TMPDIR of the kernel's processes. It is removed with the
// kernel.
func (k *Kernel) TempDir() string { return k.folder.temp() }

// Send sends a message that has no reply, such as those of comms. It keeps the
// message's header, parent, content and buffers, and signs it with the kernel's
// key.
func (k *Kernel) Send(ctx context.Context, ch Channel, m Message) error {
	m.Identities = nil
	return k.send(ctx, ch, m)
}

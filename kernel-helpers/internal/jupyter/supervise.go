package jupyter

import "context"

// What a supervisor needs beyond requests and replies.

// PID returns the process id of the kernel.
func (k *Kernel) PID() int { return k.process.cmd.Process.Pid }

// TempDir returns the TMPDIR of the kernel's processes. It goes with the kernel.
func (k *Kernel) TempDir() string { return k.folder.temp() }

// Send sends a message that has no reply: those of comms. Its header, parent,
// content and buffers go out as they are, under the kernel's own signature.
func (k *Kernel) Send(ctx context.Context, ch Channel, m Message) error {
	m.Identities = nil
	return k.send(ctx, ch, m)
}

package jupyter

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"sync"
	"syscall"
	"time"

	"example.com/speedup/kernel-helpers/internal/zmtp"
)

// StartOptions are options of [Start]. The zero value is a valid default.
type StartOptions struct {
	Dir       string   // the kernel's working folder; "" means the caller's
	Env       []string // additional "NAME=value" lines, after the caller's and the spec's
	Transport string   // "ipc" (the default) or "tcp"
	// Other receives the iopub messages that belong to none of our requests,
	// such as those of comms. It must not block or call the kernel's methods.
	Other   func(Message)
	LogFile string // receives the kernel's stdout and stderr; "" means a file that is removed at the end
}

// StartTimeout is the maximum time that [Start] waits for a kernel.
const StartTimeout = time.Minute

// KernelInfo is the content of a kernel_info reply.
type KernelInfo struct {
	ProtocolVersion       string       `json:"protocol_version"`
	Implementation        string       `json:"implementation"`
	ImplementationVersion string       `json:"implementation_version"`
	LanguageInfo          LanguageInfo `json:"language_info"`
	Banner                string       `json:"banner"`
	Raw                   Message      `json:"-"` // the reply itself
}

// LanguageInfo describes a kernel's language.
type LanguageInfo struct {
	Name              string `json:"name"`
	Version           string `json:"version"`
	Mimetype          string `json:"mimetype,omitempty"`
	FileExtension     string `json:"file_extension,omitempty"`
	PygmentsLexer     string `json:"pygments_lexer,omitempty"`
	NbconvertExporter string `json:"nbconvert_exporter,omitempty"`
}

// Start starts a kernel and waits, at most for [StartTimeout], until it has
// answered and its output is known to arrive. If that fails, or ctx ends
// before, Start leaves nothing behind. ctx applies to the start only; the
// kernel runs until [Kernel.Shutdown] or [Kernel.Kill]. If the kernel ended by
// itself, the error is a [*DeadError].
//
// In addition to o.Env, the kernel's processes get these environment variables:
//
//   - TMPDIR, a private folder
//   - JPY_PARENT_PID, as from Jupyter (the caller may set JPY_SESSION_NAME, the
//     notebook's
//     path)
//   - SPEEDUP_KERNEL_<id>, which identifies them on Linux, even in other
//     process groups
//
// On Linux the kernel also ends with this process, even if this process is
// killed.
func Start(ctx context.Context, spec Spec, o StartOptions) (*Kernel, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, StartTimeout,
		fmt.Errorf("not ready within %v", StartTimeout))
	defer cancel()
	k, err := launch(ctx, spec, o)
	if err != nil {
		return nil, fmt.Errorf("jupyter: start %s: %w", spec.Name, err)
	}
	err = k.connect(ctx)
	go k.serve()
	if err == nil {
		err = k.ready(ctx)
	}
	if err != nil {
		return nil, fmt.Errorf("jupyter: start %s: %w", spec.Name, k.abandon(ctx, err))
	}
	return k, nil
}

// launch starts the kernel's process.
func launch(ctx context.Context, spec Spec, o StartOptions) (k *Kernel, err error) {
	if err := context.Cause(ctx); err != nil {
		return nil, err
	}
	if o.Dir != "" { // otherwise the error would name the program
		if _, err := os.Stat(o.Dir); err != nil {
			return nil, fmt.Errorf("the kernel's working folder: %w", err)
		}
	}
	f, err := newFolder()
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, f.remove())
		}
	}()

	id := NewID()
	c, err := newConnection(o.Transport, f, spec.Name)
	if err != nil {
		return nil, err
	}
	if err := c.Write(f.connectionFile(id)); err != nil {
		return nil, err
	}
	marker := markerOf(id)
	env := environment(os.Environ(), spec, append([]string{
		"TMPDIR=" + f.temp(),
		"JPY_PARENT_PID=" + strconv.Itoa(os.Getpid()),
	}, append(o.Env, marker)...)...)
	program, args, err := commandLine(spec, f.connectionFile(id), env)
	if err != nil {
		return nil, err
	}
	logFile := o.LogFile
	if logFile == "" {
		logFile = f.log()
	}
	log, err := os.OpenFile(logFile, os.O_WRONLY|os.O_CREATE|os.O_TRUNC|os.O_APPEND, 0o600)
	if err != nil {
		return nil, fmt.Errorf("the kernel's log: %w", err)
	}
	defer log.Close() // the kernel has its own copy
	process, err := startProcess(&exec.Cmd{
		Path: program, Args: args, Dir: o.Dir, Env: env, Stdout: log, Stderr: log,
	}, marker)
	if err != nil {
		return nil, fmt.Errorf("%w (from %s)", err, spec.file())
	}

	k = &Kernel{
		spec: spec, session: id, key: Key(c.Key), folder: f, logFile: logFile,
		process: process, connection: c,
		sockets: map[Channel]*zmtp.Conn{}, waiting: map[string]*mailbox{},
		other: o.Other,
		heard: make(chan struct{}), lost: make(chan error, 5),
		done: make(chan struct{}), gone: make(chan struct{}),
		shutdownGrace: ShutdownGrace, interruptGrace: InterruptGrace,
	}
	k.life, k.died = context.WithCancel(context.Background())
	return k, nil
}

// newConnection chooses where the kernel will listen.
func newConnection(transport string, f folder, name string) (Connection, error) {
	c := Connection{Transport: "ipc", IP: f.sockets(), Key: NewID() + NewID(), SignatureScheme: "hmac-sha256", KernelName: name}
	ports := []int{1, 2, 3, 4, 5}
	switch transport {
	case "", "ipc":
	case "tcp":
		c.Transport, c.IP = "tcp", "127.0.0.1"
		var err error
		if ports, err = freePorts(5); err != nil {
			return Connection{}, err
		}
	default:
		return Connection{}, fmt.Errorf("transport %q is not supported: use ipc or tcp", transport)
	}
	c.ShellPort, c.IOPubPort, c.StdinPort, c.ControlPort, c.HBPort = ports[0], ports[1], ports[2], ports[3], ports[4]
	return c, nil
}

// connect connects the five channels and starts their readers.
func (k *Kernel) connect(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	errExited := errors.New("the kernel ended before it listened")
	watch := make(chan struct{})
	defer func() { cancel(nil); <-watch }()
	go func() {
		defer close(watch)
		select {
		case <-k.process.exited:
			cancel(errExited)
		case <-ctx.Done():
		}
	}()

	kinds := map[Channel]zmtp.SocketType{
		Shell: zmtp.Dealer, Control: zmtp.Dealer, Stdin: zmtp.Dealer, IOPub: zmtp.Sub, Heartbeat: zmtp.Req,
	}
	var mu sync.Mutex
	var failed error // the first error, which ends the other attempts
	var all sync.WaitGroup
	for ch, kind := range kinds {
		all.Go(func() {
			s, err := k.dial(ctx, ch, kind)
			if err == nil && ch == IOPub {
				err = s.Send(ctx, []byte{1}) // subscribe to everything
			}
			mu.Lock()
			defer mu.Unlock()
			if s != nil {
				k.sockets[ch] = s
			}
			if err != nil {
				failed = cmp.Or(failed, fmt.Errorf("%s channel: %w", ch, err))
				cancel(err)
			}
		})
	}
	all.Wait()
	if failed != nil {
		for _, s := range k.sockets {
			s.Close()
		}
		return failed
	}
	for ch, s := range k.sockets {
		k.readers.Go(func() { k.read(ch, s) })
	}
	return nil
}

// dial connects one channel as soon as the kernel listens.
func (k *Kernel) dial(ctx context.Context, ch Channel, kind zmtp.SocketType) (*zmtp.Conn, error) {
	const shortest, longest, handshake = time.Millisecond, 4 * time.Millisecond, 5 * time.Second
	network, address := k.connection.Endpoint(ch)
	for pause := shortest; ; pause = min(2*pause, longest) {
		// A listener that accepts the connection but doesn't respond may do so
		// at the next attempt.
		once, cancel := context.WithTimeout(ctx, handshake)
		s, err := zmtp.Dial(once, network, address, kind, k.session)
		cancel()
		if err == nil {
			return s, nil
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
}

// ready requests the kernel's info until a reply and a status on iopub have
// arrived. A status can be missed: the kernel publishes only to subscriptions
// that it has read, and doesn't report when that is.
func (k *Kernel) ready(ctx context.Context) error {
	answered := false
	for pause := 10 * time.Millisecond; ; pause = min(2*pause, 200*time.Millisecond) {
		reply, err := k.Request(ctx, Shell, "kernel_info_request", struct{}{})
		if err != nil && answered && ctx.Err() != nil {
			return unheard(ctx)
		}
		if err != nil {
			return err
		}
		answered = true
		if err := reply.Decode(&k.info); err != nil {
			return err
		}
		k.info.Raw = reply
		select {
		case <-k.heard:
			return nil
		case <-time.After(pause):
		case <-k.done:
			return k.Err()
		case <-ctx.Done():
			return unheard(ctx)
		}
	}
}

func unheard(ctx context.Context) error {
	return fmt.Errorf("the kernel answers but publishes nothing on iopub: %w", context.Cause(ctx))
}

// abandon ends a kernel that failed to start, and adds the kernel's log to the
// error.
func (k *Kernel) abandon(ctx context.Context, err error) error {
	if ctx.Err() == nil {
		// The kernel may be ending; then that is the reason.
		await(k.done, lookPause, nil)
	}
	k.close(ErrClosed) // has no effect if the kernel is dead
	k.process.signal(syscall.SIGKILL)
	<-k.gone
	var dead *DeadError
	switch errors.As(k.Err(), &dead); {
	case dead.Cause == nil: // the kernel ended by itself
		err = dead
	case !errors.As(err, new(*DeadError)): // a DeadError contains the log already
		err = fmt.Errorf("%w%s", err, quoteLog(dead.Log))
	}
	return errors.Join(err, k.leftErr)
}

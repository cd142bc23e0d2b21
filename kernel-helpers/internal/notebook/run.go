package notebook

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"example.com/speedup/kernel-helpers/base/tail"
	"example.com/speedup/kernel-helpers/internal/jupyter"
)

// DefaultKernel is the kernelspec used for a notebook without one.
const DefaultKernel = "gonb"

// DefaultMaxStream is the number of bytes of a cell's stdout and stderr, taken
// together, that are kept unless [Options] specifies another.
const DefaultMaxStream = 10_000_000

// startTimeout is how long a kernel may take to start. It is the same as
// nbclient's.
const startTimeout = 60 * time.Second

// Options are options of [Run]. The zero value is a valid default.
type Options struct {
	Kernel      string        // kernelspec; "" means the notebook's own, or DefaultKernel
	Folders     []string      // searched for kernelspecs before Jupyter's folders
	Dir         string        // the kernel's working folder; "" means the current one
	Timeout     time.Duration // for each cell; 0 means none
	AllowErrors bool          // continue after a cell that failed
	MaxStream   int           // limit for stdout and stderr of a cell, in bytes; 0 means DefaultMaxStream

	// Closing Abort ends the run at once: the kernel is killed. In contrast,
	// the end of Run's context interrupts the cell and lets the kernel shut
	// down.
	Abort <-chan struct{}

	// Progress, if not nil, is called before each cell that is executed. cell
	// is its number among the total code cells, starting at 1.
	Progress func(cell, total int)

	afterFunc func(time.Duration, func()) (stop func() bool) // time.AfterFunc's Stop; tests replace it
}

// A Result says how far a run got.
type Result struct {
	Kernel string // the kernelspec that was used
	Cells  int    // code cells in the notebook
	Ran    int    // code cells that were started
	Failed int    // of those, cells with an allowed error
}

// A CellError says in which cell a run ended, and why.
type CellError struct {
	Cell, Cells int    // the cell's number among the code cells, starting at 1, and their total
	ID          string // "" if the cell has none
	Line        string // the first line of the source
	EName       string // from the kernel, or CellTimeoutError, DeadKernelError, CellInterruptedError, KernelError
	EValue      string
	Err         error // the reason for ending the run, or nil if the code itself failed
}

func (e *CellError) Error() string {
	id := ""
	if e.ID != "" {
		id = fmt.Sprintf(" id %q,", e.ID)
	}
	return fmt.Sprintf("code cell %d of %d,%s `%s`: %s: %s", e.Cell, e.Cells, id, e.Line, e.EName, e.EValue)
}

func (e *CellError) Unwrap() error { return e.Err }

var errTimeout = errors.New("timeout")

// Run executes the notebook's code cells in order, in a new kernel, and stores
// their outputs in nb. It ends at the first cell that fails, unless o or the
// cell's tag raises-exception allows that. It always ends at a cell that takes
// too long or whose kernel dies. Such a cell gets an error output that says
// what happened. Cells tagged skip-execution are not changed.
//
// If Run returns an error and the result's Ran is 0, nb is unchanged. Otherwise
// the outputs of cells that didn't run are removed, so that a notebook never
// contains outputs of two runs. Run leaves no process and no file of the kernel
// behind.
func Run(ctx context.Context, nb *Notebook, o Options) (result Result, err error) {
	name := o.Kernel
	if name == "" {
		name = nb.KernelName()
	}
	if name == "" {
		name = DefaultKernel
	}
	r := run{nb: nb, options: o, result: Result{Kernel: name}}
	for _, c := range nb.cells {
		if c.kind == "code" {
			r.code = append(r.code, c)
		}
	}
	r.result.Cells = len(r.code)
	kernel, err := r.start(ctx, name)
	if err != nil {
		return r.result, fmt.Errorf("notebook: %w", err)
	}
	done := make(chan struct{})
	watched := make(chan struct{})
	go func() {
		defer close(watched)
		select {
		case <-o.Abort:
			_ = kernel.Kill() // Shutdown reports what is left
		case <-done:
		}
	}()
	defer func() {
		stop := kernel.Shutdown
		if errors.Is(err, jupyter.ErrStillBusy) {
			stop = func(context.Context) error { return kernel.Kill() }
		}
		stopErr := stop(context.WithoutCancel(ctx))
		close(done)
		<-watched
		if stopErr != nil {
			err = errors.Join(err, fmt.Errorf("notebook: stop kernel: %w", stopErr))
		}
	}()
	err = r.cells(ctx, kernel)
	return r.result, err
}

// run is the state of one call of Run.
type run struct {
	nb      *Notebook
	options Options
	code    []*Cell
	result  Result
}

func (r *run) aborted() bool {
	select {
	case <-r.options.Abort:
		return true
	default:
		return false
	}
}

func (r *run) start(ctx context.Context, name string) (*jupyter.Kernel, error) {
	spec, err := jupyter.FindSpec(name, r.options.Folders...)
	if err != nil {
		return nil, err
	}
	if slices.ContainsFunc(spec.Argv, func(arg string) bool { return strings.HasPrefix(arg, "ipykernel") }) {
		// As in nbclient: this keeps the cells out of the user's history, and
		// concurrent kernels don't wait for the history's database.
		spec.Argv = append(slices.Clone(spec.Argv), "--HistoryManager.hist_file=:memory:")
	}
	ctx, cancel := context.WithTimeoutCause(ctx, startTimeout, fmt.Errorf("not ready after %v", startTimeout))
	defer cancel()
	stopped := make(chan struct{})
	watched := make(chan struct{})
	go func() {
		defer close(watched)
		select {
		case <-r.options.Abort:
			cancel()
		case <-stopped:
		}
	}()
	kernel, err := jupyter.Start(ctx, spec, jupyter.StartOptions{Dir: r.options.Dir})
	close(stopped)
	<-watched
	return kernel, err
}

// cells runs the cells one after another.
func (r *run) cells(ctx context.Context, kernel *jupyter.Kernel) error {
	if err := r.languageInfo(ctx, kernel); err != nil {
		return fmt.Errorf("notebook: %w", err)
	}
	limit := r.options.MaxStream
	if limit == 0 {
		limit = DefaultMaxStream
	}
	recorder := newRecorder(limit)
	timed := slices.ContainsFunc(r.code, func(c *Cell) bool { return c.metadata.object.get("execution") != nil })
	for _, c := range r.code {
		if !c.HasTag("skip-execution") {
			c.clear()
		}
	}
	for i, c := range r.code {
		if c.HasTag("skip-execution") || strings.TrimSpace(c.source) == "" {
			continue
		}
		if r.options.Progress != nil {
			r.options.Progress(i+1, len(r.code))
		}
		r.result.Ran++
		failure := r.cell(ctx, kernel, c, recorder.newArea(), timed)
		if failure == nil {
			continue
		}
		if failure.Err == nil && (r.options.AllowErrors || c.HasTag("raises-exception")) {
			r.result.Failed++
			continue
		}
		failure.Cell, failure.Cells = i+1, len(r.code)
		failure.ID = c.id
		failure.Line = firstLine(c.source)
		return failure
	}
	return nil
}

// languageInfo stores the kernel's language_info in the metadata.
func (r *run) languageInfo(ctx context.Context, kernel *jupyter.Kernel) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	m, err := kernel.Request(ctx, jupyter.Shell, "kernel_info_request", struct{}{})
	if err != nil {
		return fmt.Errorf("kernel info: %w", err)
	}
	var info struct {
		LanguageInfo json.RawMessage `json:"language_info"`
	}
	if err := json.Unmarshal(m.Content, &info); err != nil {
		return fmt.Errorf("kernel info: %w", err)
	}
	if info.LanguageInfo == nil {
		return nil
	}
	return r.nb.metadata.setValue(r.nb.text, "language_info", info.LanguageInfo)
}

// clear empties the cell, as JupyterLab does before it runs a cell.
func (c *Cell) clear() {
	c.setOutputs(nil)
	c.setCount(0)
	if c.metadata.object.get("execution") != nil {
		c.metadata.change("execution", func(dst []byte) []byte { return append(dst, "{}"...) })
	}
}

// cell runs one cell. It returns nil if the cell succeeded.
func (r *run) cell(ctx context.Context, kernel *jupyter.Kernel, c *Cell, a *area, timed bool) *CellError {
	cellCtx, cancel := ctx, func() {}
	if r.options.Timeout > 0 {
		afterFunc := r.options.afterFunc
		if afterFunc == nil {
			afterFunc = func(d time.Duration, f func()) func() bool { return time.AfterFunc(d, f).Stop }
		}
		limited, end := context.WithCancelCause(ctx)
		stop := afterFunc(r.options.Timeout, func() { end(errTimeout) })
		cellCtx, cancel = limited, func() { stop(); end(nil) }
	}
	defer cancel()
	times := map[string]string{}
	var bad error
	allowed := r.options.AllowErrors || c.HasTag("raises-exception")
	reply, err := kernel.Execute(cellCtx, jupyter.ExecuteRequest{
		Code: c.source, StoreHistory: true, StopOnError: !allowed,
	}, func(m jupyter.Message) {
		if timed {
			noteTime(times, m)
		}
		if err := a.apply(m.Header.MsgType, m.Content); err != nil && bad == nil {
			bad = err
		}
	})
	failure := r.judge(ctx, cellCtx, reply, errors.Join(err, bad))
	if failure != nil && (failure.Err != nil || !a.hasError()) {
		a.add(failure.output())
	}
	c.setOutputs(a.finish())
	if count := max(a.count, reply.ExecutionCount); count > 0 {
		c.setCount(count)
	}
	if timed {
		if reply.Message.Header.Date != "" {
			times["shell.execute_reply"] = reply.Message.Header.Date
		}
		// Marshalling a map of strings never fails, and the result can be
		// scanned.
		raw, _ := json.Marshal(times)
		_ = c.metadata.setValue(r.nb.text, "execution", raw)
	}
	return failure
}

// noteTime records the times that JupyterLab and nbclient record for a cell.
func noteTime(times map[string]string, m jupyter.Message) {
	switch m.Header.MsgType {
	case "execute_input":
		times["iopub.execute_input"] = m.Header.Date
	case "status":
		var status struct {
			State string `json:"execution_state"`
		}
		if json.Unmarshal(m.Content, &status) == nil {
			times["iopub.status."+status.State] = m.Header.Date
		}
	}
}

// judge returns how an execution ended, or nil if it succeeded.
func (r *run) judge(ctx, cellCtx context.Context, reply jupyter.ExecuteReply, err error) *CellError {
	dead, died := errors.AsType[*jupyter.DeadError](err)
	switch {
	case err == nil && reply.Status == "ok":
		return nil
	case err == nil && reply.Status == "error":
		return &CellError{EName: reply.EName, EValue: reply.EValue}
	case err == nil:
		return &CellError{EName: "KernelError", EValue: "the kernel did not run the cell: status " + reply.Status,
			Err: fmt.Errorf("reply status %q", reply.Status)}
	case r.aborted() || ctx.Err() != nil:
		return &CellError{EName: "CellInterruptedError", EValue: "the run was interrupted in this cell", Err: err}
	case died:
		return &CellError{EName: "DeadKernelError", EValue: "the kernel died: " + dead.State + lastLine(dead.Log), Err: err}
	case cellCtx.Err() != nil:
		value := fmt.Sprintf("the cell took longer than %v", r.options.Timeout)
		if errors.Is(err, jupyter.ErrStillBusy) {
			value += "; it did not react to interrupts, so its kernel was killed"
		}
		return &CellError{EName: "CellTimeoutError", EValue: value, Err: err}
	}
	return &CellError{EName: "KernelError", EValue: err.Error(), Err: err}
}

// output returns an error output for readers of the notebook.
func (e *CellError) output() *Output {
	return &Output{Type: "error", EName: e.EName, EValue: e.EValue,
		Traceback: []string{e.EName + ": " + e.EValue}}
}

func (a *area) hasError() bool {
	return slices.ContainsFunc(a.outputs, func(o *Output) bool { return o.Type == "error" })
}

// firstLine returns a source's first informative line, shortened. It skips
// blank lines and GoNB's %%, with which most cells begin.
func firstLine(source string) string {
	first := ""
	for line := range strings.Lines(source) {
		if line = strings.TrimSpace(line); line != "" && line != "%%" {
			first = line
			break
		}
	}
	if r := []rune(first); len(r) > 60 {
		first = string(r[:59]) + "…"
	}
	return first
}

func lastLine(log string) string {
	if last := tail.LastLine(log); last != "" {
		return "; its last line: " + last
	}
	return ""
}

package report

// Failure is the content of an error reply: the kind of error, a one-line
// message, and the text to show. The text has ANSI colours, as Jupyter expects.
type Failure struct {
	Name, Value string
	Traceback   []string
}

// The kinds of failures, which are the ename of error replies.
const (
	CompileError      = "CompileError"
	CommandError      = "CommandError"
	Panic             = "Panic"
	Deadlock          = "Deadlock"
	DataRace          = "DataRace"
	TestFailure       = "TestFailure"
	ExitError         = "ExitError"
	KeyboardInterrupt = "KeyboardInterrupt"
	KernelDied        = "KernelDied"
)

// NewFailure returns a failure that shows value and nothing else.
func NewFailure(name, value string) Failure {
	return Failure{name, FirstLine(value), []string{red(name) + ": " + value}}
}

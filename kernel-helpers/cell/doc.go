// Package cell knows what a cell of a Go notebook is, and what a program made
// of cells is.
//
// Everything that needs to know about cells uses this package: the patched
// GoNB for execution, completion and inspection, the supervisor, nbrun and
// coursework. It depends on the standard library only.
//
// # Cells
//
// [Split] divides the text of a cell in one pass of go/scanner. A line that
// begins outside strings and comments with % or ! (optionally behind //gonb:)
// is a [Command], unless an expression goes on there, whose ! is a negation; a
// backslash at its end continues it. The line %% or %main
// begins the body of main: what follows is statements, what precedes is
// declarations. A first line such as %%bash is a magic: the cell is not Go.
// Package clauses are dropped. A //go:debug directive before all other Go code
// holds for the program of its cell. Text that cannot be split is an [ErrorList] with
// positions, never a panic.
//
// # Declarations
//
// [Declarations] holds what the cells of a session declared, as Go source, in
// declaration order. The rules:
//
//   - A declaration is kept whole: const, var and type groups with all their
//     specs, doc comments, directives and cgo preambles, byte by byte.
//   - A new declaration of a name replaces the older one, of whatever kind,
//     with its group. If a type is replaced by something else, its methods go
//     too. A name declared twice in one cell is left to the compiler.
//   - A cell that runs again replaces all that it declared before. Front ends
//     identify cells by an ID; without IDs, equal text is the same cell, and so
//     is a cell that declares at least half of an older one's declarations anew.
//   - Blank variables, init functions and cgo preambles belong to their cell.
//     func init of a later cell replaces that of an earlier one, as in GoNB, but
//     a cell can have several. Functions named init_… are run after them.
//   - Imports are identified by the name that they declare: the given one, or
//     the package's own. Blank and dot imports are identified by their path.
//   - func main is not kept.
//
// # Programs
//
// [Program] is the source of a program: the declarations, and the body of the
// cell that runs. Its //line directives name cells as files ("cell 3"), so
// compilers, panics, the race detector, test logs and debuggers name the right
// cell, line and column. Directives of this kind in cells are disabled by
// changing their letter l to L. GoNB's own lines are attributed to main.go.
package cell

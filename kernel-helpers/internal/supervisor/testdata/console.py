"""Types cells into jupyter console with the kernel that is its argument, as a user
does: line by line, each when the console asks for it. Exits 1, with what the
terminal showed, if a cell does not print what it should."""

import os
import sys

import pexpect

COLOURS = r"(?:\x1b\[[0-9;?]*[a-zA-Z])*"
CELLS = [  # the lines, and what the cell prints
    (["%%", 'fmt.Println("one", 1)', 'fmt.Println("two", 2)', ""], ["one 1", "two 2"]),
    (["func twice(n int) int {", "return 2 * n", "}"], []),
    (["%%", "for i := range 2 {", 'fmt.Println("twice", twice(i+20))', "}", ""], ["twice 40", "twice 42"]),
    (["%%bash", "echo bash $((40+3))", ""], ["bash 43"]),
    (["!echo shell $((40+4))"], ["shell 44"]),
    (["%%", "var s string", 'fmt.Printf("na%s? ", "me")', "fmt.Scanln(&s)", 'fmt.Println("got", s)', "", "<Bob"], ["got Bob"]),
    (["%%", 'fmt.Println("wrong" + 1)', ""], ["mismatched types"]),
    (["%%", 'fmt.Println("last", twice(50))', ""], ["last 100"]),
]


def main() -> None:
    console = pexpect.spawn(
        sys.executable,
        ["-m", "jupyter_console", "--kernel", sys.argv[1], "--ZMQTerminalInteractiveShell.kernel_is_complete_timeout=60"],
        env=dict(os.environ, TERM="xterm", PROMPT_TOOLKIT_NO_CPR="1"),
        encoding="utf-8",
        dimensions=(50, 120),
        timeout=60,
    )
    try:
        for lines, printed in CELLS:
            console.expect(r"In \[" + COLOURS + r"\d+" + COLOURS + r"\]: ")
            for i, line in enumerate(lines):
                if line.startswith("<"):  # an answer to the program
                    console.expect_exact("name? ")
                    console.sendline(line[1:])
                    continue
                if i > 0:
                    console.expect_exact("...: ")
                console.send(line)
                if line:
                    console.expect_exact(line[-1])
                console.send("\r")
            for text in printed:
                console.expect_exact(text)
        console.expect(r"In \[")
        console.sendcontrol("d")
        console.expect("exit")
        console.send("y\r")
        console.expect(pexpect.EOF)
    except pexpect.ExceptionPexpect as e:
        print(e, file=sys.stderr)
        console.close(force=True)
        sys.exit(1)


main()

"""Runs the public test suite of Jupyter kernels (jupyter_kernel_test), and tests
with jupyter_client itself, on the kernel of a kernelspec.

usage: suite.py KERNEL-NAME

Prints one JSON object with the number of tests, the skipped ones with the reason,
and the failed ones with the error.
"""

import io
import json
import os
import signal
import sys
import time
import unittest

import jupyter_kernel_test as jkt
from jupyter_client.blocking import BlockingKernelClient
from jupyter_client.manager import start_new_kernel
from jupyter_kernel_test.msgspec_v5 import validate_message

KERNEL = sys.argv[1]
WAIT = 60  # seconds after which something counts as hanging
jkt.TIMEOUT = WAIT


class Public(jkt.KernelTests):
    kernel_name = KERNEL
    language_name = "go"
    file_extension = ".go"
    code_hello_world = '%%\nfmt.Println("hello, world")'
    code_stderr = '%%\nfmt.Fprintln(os.Stderr, "oops")'
    code_generate_error = '%%\npanic("oops")'
    completion_samples = [{"text": "%%\nfmt.Sscanl", "matches": {"Sscanln"}}] if os.environ.get("HAS_GOPLS") else [{"text": "x"}]
    code_inspect_sample = "%%\nfmt.Println" if os.environ.get("HAS_GOPLS") else "!ls"
    complete_code_samples = ["x := 1", "func f() {}", '%%\nfmt.Println("{")\n', "%%bash\nif true; then\n", "!ls"]
    incomplete_code_samples = ["func f() {", "x := `raw", "f(1,", "/* open"]
    invalid_code_samples = ['x := "open', "f(1]", "}"]
    code_display_data = [
        {
            "code": 'import "github.com/janpfeifer/gonb/gonbui"\n%%\ngonbui.DisplayHtml("<b>hello</b>")\ngonbui.Sync()',
            "mime": "text/html",
        }
    ]
    # The suite's history test runs these cells.
    code_execute_result = [{"code": "var a%d = %d" % (n, n)} for n in range(3)]
    code_history_pattern = "var a1*"
    supported_history_operations = ("tail", "range", "search")

    @classmethod
    def setUpClass(cls):
        cls.km, cls.kc = start_new_kernel(kernel_name=KERNEL, startup_timeout=WAIT)

    # The suite waits 0.1 s for a message on iopub, and takes 0.1 s of silence for
    # the end of earlier messages. These two methods do the same without a clock.

    def flush_channels(self):
        msg_id = self.kc.kernel_info()
        replied = idle = False
        while not replied:
            msg = self.kc.get_shell_msg(timeout=WAIT)
            validate_message(msg)
            replied = msg["parent_header"].get("msg_id") == msg_id
        while not idle:
            msg = self.kc.get_iopub_msg(timeout=WAIT)
            validate_message(msg)
            idle = msg["parent_header"].get("msg_id") == msg_id and msg["content"].get("execution_state") == "idle"

    def execute_helper(self, code, timeout=WAIT, silent=False, store_history=True, stop_on_error=True):
        msg_id = self.kc.execute(code=code, silent=silent, store_history=store_history, stop_on_error=stop_on_error)
        reply = self.get_non_kernel_info_reply(timeout=timeout)
        validate_message(reply, "execute_reply", msg_id)
        msg = self.kc.get_iopub_msg(timeout=timeout)
        validate_message(msg, "status", msg_id)
        self.assertEqual(msg["content"]["execution_state"], "busy")
        output = []
        while True:
            msg = self.kc.get_iopub_msg(timeout=timeout)
            validate_message(msg, msg["msg_type"], msg_id)
            if msg["msg_type"] == "status":
                self.assertEqual(msg["content"]["execution_state"], "idle")
                return reply, output
            if msg["msg_type"] == "execute_input":
                self.assertEqual(msg["content"]["code"], code)
            else:
                output.append(msg)

    def history_helper(self, execute_first, timeout=WAIT, **histargs):
        return super().history_helper(execute_first, timeout, **histargs)

    def test_history(self):
        # The suite's tests of "unique" and "n" need cells that ran more than once.
        self.flush_channels()
        for _ in range(3):
            self.execute_helper("var a1 = 1")
        super().test_history()

    def test_completion(self):
        # The suite asks once. On a busy machine the language server may still be
        # starting then, and the answer is empty.
        for sample in self.completion_samples:
            late = time.monotonic() + WAIT
            while "matches" in sample and time.monotonic() < late:
                self.kc.complete(sample["text"])
                if self.get_non_kernel_info_reply(timeout=WAIT)["content"]["matches"]:
                    break
        super().test_completion()

    def test_execute_result(self):
        self.skipTest("a cell is a Go program: it prints, and has no value")

    def test_pager(self):
        self.skipTest("GoNB has no pager: %help prints")

    def test_clear_output(self):
        self.skipTest("GoNB never sends clear_output: displays are updated by their id")


class WithJupyterClient(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.km, cls.kc = start_new_kernel(kernel_name=KERNEL, startup_timeout=WAIT)

    @classmethod
    def tearDownClass(cls):
        cls.kc.stop_channels()
        cls.km.shutdown_kernel()

    def run_cell(self, code, kc=None, **kw):
        text = []

        def take(m):
            if m["msg_type"] == "stream":
                text.append(m["content"]["text"])

        kw.setdefault("allow_stdin", False)
        reply = (kc or self.kc).execute_interactive(code, timeout=WAIT, output_hook=take, **kw)
        return reply["content"], "".join(text)

    def wait_for(self, msg_id, msg_type, kc=None):
        while True:
            m = (kc or self.kc).get_iopub_msg(timeout=WAIT)
            if m["parent_header"].get("msg_id") == msg_id and m["msg_type"] == msg_type:
                return m

    def reply_to(self, msg_id, kc=None):
        while True:
            m = (kc or self.kc).get_shell_msg(timeout=WAIT)
            if m["parent_header"].get("msg_id") == msg_id:
                return m["content"]

    def test_interrupt(self):
        self.run_cell("func f() int { return 42 }")
        msg_id = self.kc.execute('%%\nfmt.Println("started")\nfor {\n}')
        behind = self.kc.execute("%%\nfmt.Println(1)")
        self.wait_for(msg_id, "stream")
        self.reply_to(self.kc.kernel_info())  # after this the second cell has arrived
        self.km.interrupt_kernel()
        self.assertEqual(self.reply_to(msg_id)["ename"], "KeyboardInterrupt")
        self.assertEqual(self.reply_to(behind)["status"], "aborted")
        self.assertEqual(self.run_cell("%%\nfmt.Print(f())")[1], "42")

    def test_second_client(self):
        other = BlockingKernelClient(connection_file=self.km.connection_file)
        other.load_connection_file()
        other.start_channels()
        other.wait_for_ready(timeout=WAIT)
        msg_id = self.kc.execute('%%\nfmt.Print("for both")')
        self.assertEqual(self.wait_for(msg_id, "stream", other)["content"]["text"], "for both")
        self.assertEqual(self.reply_to(msg_id)["status"], "ok")
        self.assertEqual(self.run_cell('%%\nfmt.Print("other")', other)[1], "other")
        other.stop_channels()
        self.assertEqual(self.run_cell('%%\nfmt.Print("here")')[1], "here")

    def test_input(self):
        code = 'import "github.com/janpfeifer/gonb/gonbui"\n%%\ngonbui.RequestInput("name? ", false)\nvar s string\nfmt.Scan(&s)\nfmt.Print(s)'
        asked = []

        def answer(message):
            asked.append(message["content"]["prompt"])
            self.kc.input("Ann")

        self.assertEqual(self.run_cell(code, allow_stdin=True, stdin_hook=answer)[1], "Ann")
        self.assertEqual(asked, ["name? "])  # and not again because the program reads

    def test_restart(self):
        self.run_cell("func g() int { return 1 }")
        before = self.km.provisioner.pid
        self.km.restart_kernel()
        self.kc.wait_for_ready(timeout=WAIT)
        self.assertNotEqual(self.km.provisioner.pid, before)
        self.assertEqual(self.run_cell("%%\nfmt.Print(g())")[0]["ename"], "CompileError")
        self.km.restart_kernel(now=True)
        self.kc.wait_for_ready(timeout=WAIT)
        self.assertEqual(self.run_cell('%%\nfmt.Print("here")')[1], "here")

    def test_heartbeat(self):
        self.assertTrue(self.kc.is_alive())
        self.kc.hb_channel.unpause()
        # The channel assumes a beat until a period is over. On a busy machine a beat
        # may take longer than a period.
        time.sleep(self.kc.hb_channel.time_to_dead + 0.5)
        late = time.monotonic() + WAIT
        while not self.kc.hb_channel.is_beating() and time.monotonic() < late:
            time.sleep(0.01)
        self.assertTrue(self.kc.hb_channel.is_beating())

    def test_death(self):
        km, kc = start_new_kernel(kernel_name=KERNEL, startup_timeout=WAIT)
        os.kill(km.provisioner.pid, signal.SIGKILL)
        for _ in range(WAIT * 100):
            if not km.is_alive():
                break
            time.sleep(0.01)
        self.assertFalse(km.is_alive())
        kc.stop_channels()
        km.cleanup_resources()


if __name__ == "__main__":
    said = io.StringIO()
    result = unittest.TextTestRunner(stream=said, verbosity=2).run(
        unittest.defaultTestLoader.loadTestsFromModule(sys.modules["__main__"])
    )
    json.dump(
        {
            "ran": result.testsRun,
            "skipped": {t.id().split(".")[-1]: why for t, why in result.skipped},
            "failed": {t.id().split(".", 1)[-1]: text for t, text in result.failures + result.errors},
        },
        sys.stdout,
    )

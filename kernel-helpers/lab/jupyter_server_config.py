"""JupyterLab's settings for the checkout: ./install.sh lab starts it with them."""

import os
import signal

c = get_config()  # noqa: F821, defined by Jupyter where it reads this file

# Ctrl-C stops the server and its kernels without a question.
c.ServerApp.answer_yes = True
# So does closing the terminal: the kernels would outlive the server otherwise.
signal.signal(signal.SIGHUP, lambda *_: os.kill(os.getpid(), signal.SIGTERM))

# install.sh has chosen a free port and tells it: another one would be a lie.
c.ServerApp.port_retries = 0
c.Application.log_level = "WARN"

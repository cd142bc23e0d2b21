"""Settings of every Jupyter program of .venv, however it is started.

install.sh puts this file into .venv/etc/jupyter: ./install.sh lab, JupyterHub and
`jupyter lab` in an activated .venv read it.
"""

c = get_config()  # noqa: F821, defined by Jupyter where it reads this file

# Nothing is asked of the network behind the reader's back.
c.LabApp.news_url = None
c.LabApp.check_for_updates_class = "jupyterlab.handlers.announcements.NeverCheckForUpdate"

# The kernel completes and explains code. Looking for language servers would
# start npm, which writes to the home folder.
c.LanguageServerManager.autodetect = False

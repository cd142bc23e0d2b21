"""JupyterHub's configuration for a class. ./install.sh hub starts JupyterHub with it.

What differs between classes is in class.json in the class's folder. What only your
machine needs goes into jupyterhub_config.py beside it, which is read last.
"""

import os
import pathlib
import sys

here = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(here))

import limits  # noqa: E402, from this folder
import settings  # noqa: E402
import spawner as ours  # noqa: E402

c = get_config()  # noqa: F821, defined by JupyterHub where it reads this file

class_ = settings.find(os.environ.get("SPEEDUP_CLASS"))
programs = settings.checkout / ".venv/bin"
hub_port, proxy_port, course_port = class_.ports

# Where it listens. Only the first address is for users; the proxy needs no Node.js.
c.JupyterHub.bind_url = class_.address
c.JupyterHub.ssl_cert = class_.certificate
c.JupyterHub.ssl_key = class_.key
c.JupyterHub.hub_bind_url = f"http://127.0.0.1:{hub_port}"
# In the formgrader a request waits until a submission is graded.
with_the_hub = ["setpriv", "--pdeathsig", "TERM"]  # ends a program when the Hub does, however that ends
c.ConfigurableHTTPProxy.command = [*with_the_hub, sys.executable, str(here / "proxy.py"), "--proxy-timeout=3600000"]
c.ConfigurableHTTPProxy.api_url = f"http://127.0.0.1:{proxy_port}"
c.ConfigurableHTTPProxy.pid_file = str(class_.state / "proxy.pid")
c.JupyterHub.db_url = f"sqlite:///{class_.state}/jupyterhub.sqlite"
c.JupyterHub.cookie_secret_file = str(class_.state / "cookie_secret")

# Who may log in: with an account of this machine, if class.json names it.
c.JupyterHub.authenticator_class = "pam"
c.Authenticator.allowed_users = set(class_.everyone)
c.Authenticator.allow_existing_users = False  # who is no longer in class.json is out
c.Authenticator.manage_groups = True
c.PAMAuthenticator.open_sessions = False


def set_groups(authenticator, handler, model):
    model["groups"] = class_.groups(model["name"])
    return model


c.Authenticator.post_auth_hook = set_groups

# nbgrader asks the Hub for a user's groups, and knows from them who takes the course.
students = f"nbgrader-{settings.course}"
c.JupyterHub.load_roles = [
    {
        "name": "teacher",
        "description": "may see the students' servers and stop them, but not enter them",
        "users": class_.teachers,
        "scopes": ["admin-ui", f"list:users!group={students}", f"servers!group={students}"],
    },
    {
        "name": "staff",
        "description": "may use the course's JupyterLab, with formgrader, solutions and submissions",
        "users": class_.staff,
        "scopes": [f"access:services!service={settings.course}", f"read:services!service={settings.course}", "list:services"],
    },
]
c.Spawner.server_token_scopes = ["users:activity!user", "access:servers!server", "read:users!user"]

# Servers without activity are stopped; so are kernels that run no cell.
c.JupyterHub.services = []
options = ["--KernelManager.transport=ipc"]
if class_.idle_minutes:
    seconds = class_.idle_minutes * 60
    c.JupyterHub.services.append({
        "name": "idle-culler",
        "command": [*with_the_hub, sys.executable, "-m", "jupyterhub_idle_culler", f"--timeout={seconds}"],
    })
    c.JupyterHub.load_roles.append({
        "name": "idle-culler",
        "services": ["idle-culler"],
        "scopes": ["list:users", "read:users:activity", "read:servers", "delete:servers"],
    })
    options += [
        f"--MappingKernelManager.cull_idle_timeout={seconds}",
        "--MappingKernelManager.cull_connected=True",
        "--MappingKernelManager.cull_interval=60",
    ]

# What each user gets. Over ipc sockets, which are files of the user, nobody else can
# listen to a kernel, which over TCP everybody on the machine can.
c.Spawner.cmd = [str(programs / "jupyterhub-singleuser")]
c.Spawner.args = options
c.Spawner.environment = ours.environment(class_, "students")
c.Spawner.notebook_dir = "~/speedup"
c.Spawner.default_url = "/lab"
c.Spawner.start_timeout = 120
c.Spawner.http_timeout = 120
c.Spawner.pre_spawn_hook = ours.welcome
c.Spawner.post_stop_hook = ours.leave
c.Spawner.mem_limit = class_.memory_mb << 20 or None

# The course's own JupyterLab, which the Hub lists for teachers and graders as a service.
c.JupyterHub.services.append({
    "name": settings.course,
    "url": f"http://127.0.0.1:{course_port}",
    "command": [*with_the_hub, str(programs / "jupyterhub-singleuser"), *options[:1]],
    "user": settings.course_account,
    "cwd": str(class_.course_folder),
    "environment": {
        **ours.environment(class_, "staff"),
        "HOME": str(class_.course_folder / ".home"),
        "JUPYTER_RUNTIME_DIR": ours.runtime_folder(settings.course_account),
        "JUPYTERHUB_DEFAULT_URL": "/lab",
        "JUPYTERHUB_ROOT_DIR": str(class_.course_folder),
    },
    "oauth_no_confirm": True,
})

if class_.spawner == "systemd":
    c.JupyterHub.spawner_class = "systemdspawner.SystemdSpawner"
    c.SystemdSpawner.isolate_tmp = True
    c.SystemdSpawner.isolate_devices = True
    c.SystemdSpawner.disable_user_sudo = True
    c.SystemdSpawner.unit_name_template = "speedup-{USERNAME}"
    c.SystemdSpawner.unit_extra_properties = {"TasksMax": str(class_.processes)} if class_.processes else {}
else:
    c.JupyterHub.spawner_class = ours.ClassSpawner
    ours.ClassSpawner.number = class_.processes
    if class_.memory_mb and os.getuid() == 0:
        try:
            ours.ClassSpawner.memory = limits.Memory()
        except limits.NoCgroup:
            pass  # hub --check says so

more = class_.folder / "jupyterhub_config.py"
if more.exists():
    load_subconfig(str(more))  # noqa: F821, as above

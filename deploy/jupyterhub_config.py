"""One course on one host. Everybody is a UNIX user; the course is one too, and the instructors share its JupyterLab.

docs/admins.md prepares the machine. JupyterHub runs as root: it starts each server as its user.
"""

import grp
import os
import pwd
import sys
from pathlib import Path

c = get_config()  # noqa: F821

# An account without a password, its server at /services/rnn, and the course's name in the exchange.
COURSE = "rnn"
FOLDER = f"/home/{COURSE}/course"
INSTRUCTORS = "instructors"  # UNIX groups
STUDENTS = "students"

BIN = Path(sys.executable).parent
SERVER = str(BIN / "jupyterhub-singleuser")

# A web server on this host answers to the world, with a certificate, and passes on to here.
c.JupyterHub.bind_url = "http://127.0.0.1:8000"

c.JupyterHub.authenticator_class = "pam"
c.PAMAuthenticator.allowed_groups = {INSTRUCTORS, STUDENTS}
c.Authenticator.manage_groups = True


def add_unix_groups(authenticator, handler, authentication):
    """The hub's groups are the host's, looked up at each login."""
    name = authentication["name"]
    numbers = os.getgrouplist(name, pwd.getpwnam(name).pw_gid)
    return {**authentication, "groups": [grp.getgrgid(number).gr_name for number in numbers]}


c.Authenticator.post_auth_hook = add_unix_groups

# nbgrader looks for jupyter and alembic on the path. Small matrices: more threads cost more than they gain.
ENVIRONMENT = {
    "PATH": os.pathsep.join([str(BIN), os.environ["PATH"]]),
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
}
c.Spawner.cmd = [SERVER]
c.Spawner.default_url = "/lab"
c.Spawner.environment = ENVIRONMENT
c.Spawner.http_timeout = 120  # seconds, for the hour at which a whole class logs in

# The Formgrader is a page inside JupyterLab's page, which the hub forbids unless told otherwise.
FRAMES = {"headers": {"Content-Security-Policy": "frame-ancestors 'self'"}}

c.JupyterHub.services = [
    {
        "name": COURSE,
        "url": "http://127.0.0.1:9999",
        "user": COURSE,
        "cwd": FOLDER,  # where nbgrader finds the course's own nbgrader_config.py
        "command": [
            SERVER,
            f"--ServerApp.root_dir={FOLDER}",
            "--ServerApp.default_url=/lab",
            f"--ServerApp.tornado_settings={FRAMES}",
        ],
        "environment": ENVIRONMENT,
        "timeout": 120,  # seconds; the hub ends where a service is not there by then
        "oauth_no_confirm": True,
    }
]
c.JupyterHub.load_roles = [
    {"name": "grading", "groups": [INSTRUCTORS], "scopes": [f"access:services!service={COURSE}"]}
]

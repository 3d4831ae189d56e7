"""The locustfile: ``locust -f loadtests/locustfile.py``.

With a plan's file in ``$PLAYBOOK_LOAD_PLAN`` it runs that plan without a web interface; without one it starts a
sandbox and offers a smoke test of it. No option of Locust can direct the load elsewhere.
"""

import os
import sys
from pathlib import Path

ROOT = str(Path(__file__).resolve().parent.parent)
if ROOT not in sys.path:
    sys.path.append(ROOT)  # at the end, as Locust removes the first entry after reading this file

import gevent  # noqa: E402

from loadtests import shapes, users  # noqa: E402
from loadtests.guard import Guard, strip  # noqa: E402
from loadtests.launch import PARENT_VARIABLE  # noqa: E402
from loadtests.running import Test, follow_parent  # noqa: E402

strip()
_guard = Guard()
_guard.install(gevent.get_hub())
Test(_guard).connect()
if os.environ.get(PARENT_VARIABLE):
    follow_parent()


class Visitor(users.Visitor):
    """A visitor of the website."""


class Shape(shapes.PlannedShape):
    """The plan's shape."""

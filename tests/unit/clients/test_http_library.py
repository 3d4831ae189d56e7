"""The HTTP library: loaded with the first request, and one that another can take the place of."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

from playbook.clients.wire import LIBRARY

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[3]
CLIENTS = (
    "tests/unit/clients/test_http.py",
    "tests/unit/clients/test_httpx_client.py",
    "tests/unit/clients/test_github_requests.py",
)
START = """
import sys
import playbook.plugin, playbook.cli.doctor
from playbook.run.run import load_providers
load_providers()
libraries = {"httpx", "httpx2", "httpcore", "h11", "redis", "pydo"}
print(sorted(libraries & {name.partition(".")[0] for name in sys.modules}))
"""


def run(*arguments, **environment):
    """Python, from the root of the project."""
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=250,
        check=False,
    )


def test_start_imports_no_client_library():
    """They take a third of a second, and `--help` needs none."""
    assert run("-c", START).stdout == "[]\n"


@pytest.mark.parametrize("named", ["", "httpx", "requests", "os"])
def test_unknown_http_library_is_refused(named):
    """The variable names one of two, and no module at will."""
    said = run("-c", "from playbook.clients.wire import LIBRARY; print(LIBRARY)", PLAYBOOK_HTTP_LIBRARY=named)
    assert said.stdout == "httpx\n"


OTHER = "httpx" if LIBRARY == "httpx2" else "httpx2"


@pytest.mark.skipif(importlib.util.find_spec(OTHER) is None, reason=f"{OTHER} is not installed")
def test_clients_pass_their_tests_on_httpx2():
    """Every test of theirs that waits for nothing."""
    said = run(
        "-m", "pytest", "-q", "-p", "no:cacheprovider", "-m", "not slow", *CLIENTS, PLAYBOOK_HTTP_LIBRARY=OTHER
    )
    assert said.returncode == 0, said.stdout[-2000:]
    assert " passed" in said.stdout

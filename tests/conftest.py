"""What every test stands on."""

import configparser
import signal

import pytest

from tests.project import ROOT

# A shell gives its background jobs Ctrl-C ignored, and so to every process that a test starts and then interrupts.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_configure(config: pytest.Config) -> None:
    """Know the markers of the checks, as tests import some of those to ask them for their verdict."""
    written = configparser.ConfigParser(interpolation=None)
    written.read(ROOT / "pytest.ini", encoding="utf-8")
    for line in written["pytest"]["markers"].strip().splitlines():
        config.addinivalue_line("markers", line)

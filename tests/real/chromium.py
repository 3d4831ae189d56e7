"""A headless Chromium, driven over its own DevTools protocol: what a page looks like to those who read it."""

from __future__ import annotations

import base64
import contextlib
import json
import shutil
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from websockets.sync.client import ClientConnection, connect

PROGRAM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
_FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--remote-debugging-port=0",
)
# Width and height in inches.
PAPERS = {"A4": (8.27, 11.69), "Letter": (8.5, 11.0)}
_LIMIT = 60.0  # seconds for anything that is waited for


class Page:
    """One tab.

    Attributes:
        messages: console messages and errors that the page gave since it was loaded.
        requests: addresses that it asked for since then.
    """

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection
        self._number = 0
        self.messages: list[str] = []
        self.requests: list[str] = []
        self._loaded: set[str] = set()
        self._shown = ""
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.call(f"{domain}.enable")
        self.call("Page.setLifecycleEventsEnabled", enabled=True)

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """One command; events that come meanwhile are noted."""
        self._number += 1
        self._connection.send(json.dumps({"id": self._number, "method": method, "params": parameters}))
        while True:
            message = self._receive()
            if message.get("id") == self._number:
                assert "error" not in message, message
                return dict(message["result"])

    def open(self, address: str, *, width: int, scheme: str) -> None:
        """Load a page at a width in CSS pixels, in the ``light`` or ``dark`` scheme."""
        self._be(width, scheme)
        self._shown = address
        self.messages.clear()
        self.requests.clear()
        # The page before may still say that it was loaded, and this one may before the command is answered.
        loader = self.call("Page.navigate", url=address)["loaderId"]
        while loader not in self._loaded:
            self._receive()

    def show(self, address: str, *, width: int, scheme: str) -> None:
        """The same, but a page that is shown already follows the window, as where a reader turns a phone.

        Loading it takes far longer. What was unfolded stays so.
        """
        if address == self._shown:
            self._be(width, scheme)
        else:
            self.open(address, width=width, scheme=scheme)

    def _be(self, width: int, scheme: str) -> None:
        self.call(
            "Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=width < 600
        )
        self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])

    def evaluate(self, expression: str) -> Any:
        """The value of a JavaScript expression; of a promise, what it comes to."""
        result = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in result, result
        return result["result"].get("value")

    def picture(self, *, width: int, height: int) -> bytes:
        """A PNG of the top of the page."""
        clip = {"x": 0, "y": 0, "width": width, "height": height, "scale": 1}
        shot = self.call("Page.captureScreenshot", clip=clip, captureBeyondViewport=True)
        return base64.b64decode(shot["data"])

    def pdf(self, paper: str = "Letter") -> bytes:
        """The page on paper, as a browser prints it when nothing is set: without background colours."""
        width, height = PAPERS[paper]
        return base64.b64decode(self.call("Page.printToPDF", paperWidth=width, paperHeight=height)["data"])

    def paper_pages(self, paper: str) -> int:
        """On how many sheets the page is printed."""
        return self.pdf(paper).count(b"/Type /Page\n")

    def _receive(self) -> dict[str, Any]:
        """The next message; what matters of events is noted."""
        message: dict[str, Any] = json.loads(self._connection.recv(timeout=_LIMIT))
        match message.get("method"):
            case "Page.lifecycleEvent" if message["params"]["name"] == "load":
                self._loaded.add(message["params"]["loaderId"])
            case "Runtime.exceptionThrown" | "Runtime.consoleAPICalled" | "Log.entryAdded":
                self.messages.append(json.dumps(message["params"]))
            case "Network.requestWillBeSent":
                self.requests.append(message["params"]["request"]["url"])
        return message


@contextlib.contextmanager
def browser() -> Iterator[Page]:
    """A tab in a Chromium of its own, which ends with it."""
    assert PROGRAM
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        process = subprocess.Popen(
            [PROGRAM, *_FLAGS, f"--user-data-dir={profile}", "about:blank"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            address = _address_of_tab(Path(profile), process)
            with connect(address, max_size=None, open_timeout=_LIMIT) as connection:
                yield Page(connection)
        finally:
            process.terminate()
            process.wait(_LIMIT)


def _address_of_tab(profile: Path, process: subprocess.Popen[bytes]) -> str:
    file = profile / "DevToolsActivePort"
    while not (file.is_file() and file.read_text(encoding="utf-8").count("\n")):
        assert process.poll() is None, "Chromium ended before it was ready"
        time.sleep(0.02)
    port = file.read_text(encoding="utf-8").split()[0]
    while True:  # it listens before it has opened its tab
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/json", timeout=_LIMIT) as answer:
            tabs = [tab["webSocketDebuggerUrl"] for tab in json.load(answer) if tab["type"] == "page"]
        if tabs:
            return str(tabs[0])
        time.sleep(0.02)

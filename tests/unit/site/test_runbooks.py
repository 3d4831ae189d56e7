"""Runbooks as pages: what Markdown means in them, and nothing that a page would carry out."""

import re

from playbook.site import runbooks as module
from playbook.site.runbooks import runbooks
from tests.document import Document

TEXT = """\
# Title

Owner: Operations team{break_}
Reviewed: 2026-11-23

## First `steps`

1. **Look.** It is <b>bold</b> & [there](high-error-rates.md#what-next), not [here](../../secret.txt).
   ```bash
   curl "$URL" <in
   ```
   Expected: `200`.
2. Call.
   - Ada
   - Ben

| | Means |
|---|---|
| P1 | down |

[bad](javascript:alert(1)) <https://ops.example/x>
""".replace("{break_}", "  ")  # two spaces at the end of a line


def made(monkeypatch, tmp_path, text):
    """The page of one runbook."""
    (tmp_path / "one.md").write_text(text)
    monkeypatch.setattr(module, "RUNBOOKS", tmp_path)
    runbooks.cache_clear()
    try:
        return runbooks()["one"]
    finally:
        runbooks.cache_clear()


def test_markdown_structure_is_converted(monkeypatch, tmp_path):
    """Headings with their anchors, lists in lists, commands, tables with a name."""
    page = made(monkeypatch, tmp_path, TEXT)
    document = Document(f"<main>{page.html}</main>".encode())
    assert page.title == "Title"
    assert "<h1" not in page.html
    assert '<h2 id="first-steps">First <code>steps</code></h2>' in page.html
    assert "Owner: Operations team<br>Reviewed: 2026-11-23" in page.html
    assert len(document.all("ol")) == 1
    assert len(document.all("li")) == 4
    assert "<code>curl &#34;$URL&#34; &lt;in</code>" in page.html
    assert "<caption>First `steps`</caption>" in page.html
    assert "<td></td><th" in page.html


def test_markup_in_runbook_is_escaped(monkeypatch, tmp_path):
    """Tags are text, and links lead to neighbours and the web alone."""
    page = made(monkeypatch, tmp_path, TEXT)
    assert "&lt;b&gt;bold&lt;/b&gt; &amp;" in page.html
    leads = re.findall(r'href="([^"]+)"', page.html)
    assert leads == ["high-error-rates.html#what-next", "https://ops.example/x"]


def test_every_shipped_runbook_is_converted_completely():
    """Each heading is there, and no sign of Markdown is left in the text."""
    for page in runbooks().values():
        document = Document(f"<main>{page.html}</main>".encode())
        assert len(document.all("h2")) >= 2, page.name
        text = re.sub(r"<pre.*?</pre>|<code>.*?</code>", "", str(page.html), flags=re.DOTALL)
        assert not re.search(r"^#|\*\*|```|\]\(", re.sub("<[^>]+>", "", text), re.MULTILINE), page.name

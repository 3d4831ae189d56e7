"""The links that people follow in an incident work."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playbook.core.judge import Judge
    from playbook.measure.web.links import Links

pytestmark = pytest.mark.web


@pytest.mark.links
@pytest.mark.part("grafana")
@pytest.mark.item("links.grafana")
def test_link_to_grafana_answers(links: Links, judge: Judge) -> None:
    """The link to Grafana leads to a page or to a login.

    No answer is critical if another link answers, which proves our own network; UNKNOWN otherwise.
    """
    judge.that(**links.grafana.statement.terms)


@pytest.mark.links
@pytest.mark.item("links.console")
def test_link_to_console_answers(links: Links, judge: Judge) -> None:
    """The link to DigitalOcean's console leads to a page or to a login.

    No answer is critical if another link answers, which proves our own network; UNKNOWN otherwise.
    """
    judge.that(**links.console.statement.terms)


@pytest.mark.links
@pytest.mark.item("links.status-page")
def test_link_to_status_page_answers(links: Links, judge: Judge) -> None:
    """The link to the status page leads to a page or to a login.

    No answer is critical if another link answers, which proves our own network; UNKNOWN otherwise.
    """
    judge.that(**links.status_page.statement.terms)


@pytest.mark.links
@pytest.mark.item("links.documentation")
def test_link_to_documentation_answers(links: Links, judge: Judge) -> None:
    """The link to the documentation leads to a page or to a login.

    No answer is critical if another link answers, which proves our own network; UNKNOWN otherwise.
    """
    judge.that(**links.documentation.statement.terms)

"""Every file of the site, as pure functions from the contents to bytes by path."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Iterator
from functools import cache, partial
from importlib.resources import files
from itertools import groupby
from typing import Any

from jinja2 import Environment
from markupsafe import Markup

from playbook.core.clock import iso
from playbook.core.durations import one_whole_unit
from playbook.core.page_words import anchor, capital, short, slug, when
from playbook.core.verdict import Verdict
from playbook.history.due import SANDBOX
from playbook.history.incidents import Incident
from playbook.history.runs import RunLine
from playbook.report.page import icon, make_environment, shown, template_text
from playbook.report.words import MARKS, clip
from playbook.site import sentences
from playbook.site.badges import badges
from playbook.site.charts import incident_chart, item_charts, recent_chart
from playbook.site.feed import feed
from playbook.site.finding import entries
from playbook.site.metrics import metrics
from playbook.site.runbooks import runbooks
from playbook.site.views import BAD, NO_DATA, NOT_YET, ItemView, SetView, Site, TargetView, worst_of

# More rows are unreadable; the number left out is stated, and they are in the lists by year.
MOST_RUNS = 40
MOST_NAMED = 4
MOST_PROBLEMS = 20
MOST_CHARTS = 2  # per incident
# Items with a strip on the first page; strips of further targets are on the pages of their sets.
MOST_ITEMS = 150

_MARKS = {**{str(verdict): mark for verdict, mark in MARKS.items()}, NO_DATA: "○", NOT_YET: "–"}
_ICONS = {NO_DATA: Verdict.CRITICAL, NOT_YET: Verdict.NOT_CONFIGURED}
_PAGES = (
    "base",
    "parts",
    "card",
    "index",
    "incidents",
    "incident",
    "set",
    "item",
    "runs",
    "find",
    "year",
    "runbook",
)


def render(site: Site, base_url: str = "") -> Iterator[tuple[str, bytes]]:
    """Path and content of every file except copied reports; ``base_url`` is the site's address."""
    yield "style.css", (template_text("style.css") + _text("site.css")).encode()
    # Without it, GitHub Pages omits files whose names begin with an underscore.
    yield ".nojekyll", b""
    pages = _Pages(site)
    yield "index.html", pages.index()
    yield "incidents.html", pages.incidents()
    for incident in site.incidents:
        yield page_of_incident(incident), pages.incident(incident)
    for target in site.targets:
        for one in target.sets:
            yield one.page, pages.set(one)
            for item in one.items:
                yield item.page, pages.item(item, one, target)
    for name in runbooks():
        yield f"runbooks/{name}.html", pages.runbook(name)
    yield "runs.html", pages.runs()
    yield "find.html", pages.find()
    for year, runs in pages.years:
        yield f"runs-{year}.html", pages.year(year, runs)
    yield from badges(site)
    yield "feed.xml", feed(site, page_of_incident, base_url)
    yield "metrics.txt", metrics(site).encode(errors="replace")


def page_of_incident(incident: Incident) -> str:
    """Path of its page from the site's root; permanent."""
    return f"incidents/{slug(incident.fingerprint)}-{incident.number}.html"


class _Pages:
    """The pages of one site, and what they share."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._targets = {target.name: target for target in site.targets}
        self._items = {f"{item.target}\n{item.id}": item for item in _items(site)}
        self._runs = {run.id: run for run in site.runs}
        newest = site.runs[::-1]
        self.years = [(year, list(runs)) for year, runs in groupby(newest, lambda run: run.started.year)]
        common = {
            "site": site,
            "names": ", ".join(self._targets) or "Operations playbook",
            "stale_words": sentences.stale_words(site),
            "next_words": sentences.next_words(site),
            "page_of_run": self._page_of_run,
            "page_of_incident": page_of_incident,
            "item_link": self._item_link,
            "runbooks": runbooks(),
            "runbooks_of": self._runbooks_of,
            "done_about": lambda incident: site.done.get(incident.key),
            "demo": bool(site.targets) and all(target.kind == SANDBOX for target in site.targets),
            "most_runs": MOST_RUNS,
            "most_named": MOST_NAMED,
            "most_problems": MOST_PROBLEMS,
        }
        about = (sentences.incident_words, sentences.set_words, sentences.item_words, sentences.missing_words)
        common |= {one.__name__: _with_site(one, site) for one in about}
        self._environment = _environment()
        self._common = common

    def index(self) -> bytes:
        """The first page: current state."""
        in_full: list[str] = []
        room = MOST_ITEMS
        for target in self._site.targets:
            room -= sum(len(one.measured) for one in target.sets)
            if room >= 0 or not in_full:
                in_full.append(target.name)
        return self._page(
            "index",
            "index.html",
            self._site.state,
            headline=sentences.headline(self._site),
            in_full=in_full,
            not_in_full=[target for target in self._site.targets if target.name not in in_full],
        )

    def incidents(self) -> bytes:
        """Open and closed incidents."""
        closed = sorted(
            (one for one in self._site.incidents if one.closed), key=lambda one: one.opened, reverse=True
        )
        return self._page(
            "incidents",
            "incidents.html",
            str(self._site.open[0].worst) if self._site.open else Verdict.OK,
            headline=sentences.incidents_words(self._site),
            left=[one for one in self._site.incidents if one.is_open and one not in self._site.open],
            closed=[(year, list(group)) for year, group in groupby(closed, lambda one: one.opened.year)],
        )

    def incident(self, incident: Incident) -> bytes:
        """One incident."""
        return self._page(
            "incident",
            page_of_incident(incident),
            str(incident.worst) if incident.is_open else (Verdict.NOT_CONFIGURED if incident.gone else Verdict.OK),
            incident=incident,
            runs=self._runs,
            charts=[
                chart
                for item in incident.items[:MOST_CHARTS]
                if (view := self._items.get(f"{incident.target}\n{item}"))
                and (chart := incident_chart(view, incident, self._site.now))
            ],
        )

    def set(self, one: SetView) -> bytes:
        """One set of a target."""
        failed = [run for run in one.runs[::-1] if run.verdict in BAD or worst_of(run)]
        return self._page(
            "set", one.page, one.state, set=one, failed=failed[:MOST_RUNS], failed_in_all=len(failed)
        )

    def item(self, item: ItemView, one: SetView, target: TargetView) -> bytes:
        """One item of a target."""
        return self._page(
            "item",
            item.page,
            item.state,
            item=item,
            set=one,
            charts=item_charts(item, self._site.now),
            incidents=[incident for incident in target.incidents[::-1] if item.id in incident.items],
        )

    def runbook(self, name: str) -> bytes:
        """A shipped runbook, with the items for which it was followed."""
        used = [item for item in self._items.values() if item.runbook == name and not item.gone]
        return self._page(
            "runbook", f"runbooks/{name}.html", NOT_YET, runbook=runbooks()[name], items=used[:MOST_RUNS]
        )

    def runs(self) -> bytes:
        """Monthly reports, kept reports, and links to all runs."""
        newest = self._site.runs[::-1]
        return self._page(
            "runs",
            "runs.html",
            NOT_YET,
            headline=sentences.runs_words(self._site),
            monthly=[run for run in newest if run.set == "monthly" and not run.partial][: 3 * MOST_RUNS],
            kept=[run for run in newest if run.report in self._site.kept],
            years=self.years,
        )

    def find(self) -> bytes:
        """Search page. The only page with a script, which is optional; its policy contains the script's digest."""
        script = _text("find.js")
        return self._page(
            "find",
            "find.html",
            NOT_YET,
            entries=entries(self._site, page_of_incident),
            script=Markup(script),  # noqa: S704 - our own file
            script_hash=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
        )

    def year(self, year: int, runs: list[RunLine]) -> bytes:
        """Every run of a year, by month."""
        months = [(month, list(group)) for month, group in groupby(runs, lambda run: f"{run.started:%B %Y}")]
        return self._page("year", f"runs-{year}.html", NOT_YET, year=year, runs=runs, months=months)

    def _page(self, template: str, path: str, state: str, **more: Any) -> bytes:
        root = "../" * path.count("/")
        text = self._environment.get_template(f"site/{template}").render(
            **self._common,
            **more,
            root=root,
            here=path,
            shown_state=state,
            icon=icon(_ICONS.get(state) or Verdict(state)),
            recent_chart=partial(recent_chart, now=self._site.now),
        )
        # Templates leave empty lines, which would make a page of a hundred rows a tenth longer.
        return "\n".join(line for line in text.split("\n") if line).encode(errors="replace") + b"\n"

    def _page_of_run(self, run: RunLine) -> str:
        return f"runs-{run.started.year}.html#{anchor(run.id)}"

    def _runbooks_of(self, incident: Incident) -> list[str]:
        views = (self._items.get(f"{incident.target}\n{item}") for item in incident.items)
        return sorted({view.runbook for view in views if view and view.runbook in runbooks()})

    def _item_link(self, target: str, item: str, root: str) -> Markup:
        view = self._items.get(f"{target}\n{item}")
        if view is None:
            return Markup("{}").format(shown(clip(item, 120)))
        return Markup('<a href="{}{}">{}</a>').format(root, view.page, shown(clip(view.title, 120)))


def _with_site(sentence: Callable[..., str], site: Site) -> Callable[..., str]:
    return lambda *about: sentence(*about, site)


def _items(site: Site) -> Iterator[ItemView]:
    return (item for target in site.targets for one in target.sets for item in one.items)


@cache
def _environment() -> Environment:
    environment = make_environment({f"site/{name}": _text(f"{name}.html.j2") for name in _PAGES})
    environment.filters |= {"capital": capital, "file_slug": slug}
    environment.globals |= {
        "marks": _MARKS,
        "age": one_whole_unit,
        "when": when,
        "short": short,
        "iso": iso,
        "anchor": anchor,
        "tally": sentences.tally,
        "counted": sentences.tally_of,
        "note": sentences.note,
        "states_in_words": sentences.states_in_words,
        "in_words": sentences.in_words,
        "set_name": sentences.set_name,
        "worst_of": worst_of,
    }
    return environment


def _text(name: str) -> str:
    return (files("playbook.site") / "templates" / name).read_text(encoding="utf-8")

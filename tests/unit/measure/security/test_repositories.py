"""Whether the repository that is looked at is one that the app is built from."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from playbook.clients.digitalocean_types import App
from playbook.core.errors import NotConfigured, Unreachable
from playbook.measure.security import repositories
from playbook.measure.security.repositories import OwnRepository
from playbook.settings.loading import load

GIT = "https://github.com/example/portfolio.git"


def of(component: dict[str, Any], repository: str | None = "example/portfolio") -> str:
    """What was got in place of the app's repository; empty where nothing contradicts."""
    coverage = own([component], repository).coverage
    return "" if coverage.enough else coverage.got


def own(components: list[dict[str, Any]], repository: str | None = "example/portfolio") -> OwnRepository:
    """What the spec with these components says of the repository."""
    spec = {"services": [{"name": f"web-{n}", **component} for n, component in enumerate(components)]}
    found = msgspec.convert({"id": "a", "spec": spec}, App)
    mine = {"github": {"repository": repository}} if repository else {}
    settings = load("sandbox", environment={}, overlay={"targets": {"sandbox": {"kind": "sandbox", **mine}}})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(repositories, "digitalocean", lambda _settings: SimpleNamespace(app=lambda: found))
        return repositories.own_repository(settings)


@pytest.mark.parametrize(
    ("component", "got"),
    [
        ({"github": {"repo": "example/portfolio"}}, ""),
        ({"github": {"repo": "Example/Portfolio"}}, ""),
        ({"github": {"repo": "example/shop"}}, "example/portfolio"),
        ({"git": {"repo_clone_url": GIT}}, ""),
        ({"git": {"repo_clone_url": "git@github.com:example/portfolio.git"}}, ""),
        ({"git": {"repo_clone_url": GIT.replace("portfolio", "shop")}}, "example/portfolio"),
        ({"git": {"repo_clone_url": "https://git.example/x.git"}}, ""),
        ({"gitlab": {"repo": "group/other"}}, ""),  # its mirror on GitHub may have any name
        ({"image": {"registry_type": "DOCR", "repository": "web"}}, ""),
        ({}, ""),
    ],
)
def test_repository_must_be_one_of_the_spec(component, got):
    assert of(component) == got


def test_further_repositories_of_the_app_are_those_that_its_owner_can_read():
    """One that is only cloned may be of anybody, and then nobody may see what is wrong with it."""
    components = [
        {"github": {"repo": "example/portfolio"}},
        {"github": {"repo": "example/worker"}},
        {"github": {"repo": "Example/Worker"}},
        {"git": {"repo_clone_url": "https://github.com/somebody/base.git"}},
    ]
    assert own(components).others == ("Example/Worker",)
    cloned = {"git": {"repo_clone_url": "https://github.com/Example/scripts.git"}}
    assert own([*components, cloned]).others == ("Example/Worker", "Example/scripts")
    assert own([{"git": {"repo_clone_url": GIT}}, cloned]).others == ("Example/scripts",)
    assert own(components, "example/worker").others == ("example/portfolio",)
    assert own(components, "example/shop").others == ()  # another app's


def test_nothing_contradicts_where_there_is_no_repository_or_no_app(monkeypatch):
    assert of({"github": {"repo": "example/shop"}}, repository=None) == ""
    settings = load("sandbox", environment={})
    for error in (NotConfigured("x", setting="x", add="x"), Unreachable("x", service="x")):

        def gone(_settings, error=error):
            raise error

        monkeypatch.setattr(repositories, "digitalocean", gone)
        assert repositories.own_repository(settings).coverage.enough

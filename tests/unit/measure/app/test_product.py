"""What the platform shows of parts declared absent, and of the names of components."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from types import SimpleNamespace
from typing import cast

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from playbook.clients.digitalocean import DigitalOceanApi, digitalocean
from playbook.clients.digitalocean_account import Cluster, DigitalOceanAccount
from playbook.clients.digitalocean_spec import ComponentSpec, Database, Spec, Variable
from playbook.clients.digitalocean_types import App
from playbook.clients.listing import Listing
from playbook.core.coverage import whole
from playbook.core.verdict import Verdict
from playbook.measure.app.product import Product, _in_spec, product
from playbook.settings.loading import load
from sandbox.products import PRODUCTS
from tests.judged import check, judged
from tests.unit.digitalocean import Simulator, running
from tests.unit.loopback import answer, serve

NOWHERE = answer("404 Not Found", b"{}")
CHECK = check("test_app", "test_product_matches_the_settings")


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulator]:
    with running(tmp_path_factory.mktemp("digitalocean")) as simulator:
        yield simulator


@pytest.fixture
def simulator(shared: Simulator) -> Simulator:
    shared.reset()
    return shared


def measured(simulator: Simulator, *without: str, url: str = "", **own: object) -> Product:
    """Measurement of a target without these parts; its website is at ``url``."""
    connection = simulator.settings().target.digitalocean
    overlay = {
        "kind": "sandbox",
        "without": list(without),
        "web": {"url": url} if url else {},
        "digitalocean": {
            "endpoint": connection.endpoint,
            "token": connection.token.reveal() if connection.token else "",
            "app_id": connection.app_id,
            "ca": connection.ca,
        },
        **own,
    }
    limits = {"connect": 30.0, "read": 30.0}
    settings = load("sandbox", environment={}, overlay={"targets": {"sandbox": overlay}, "time_limits": limits})
    api = digitalocean(settings)
    return product(api, DigitalOceanAccount(api), settings)


def shop(simulator: Simulator) -> None:
    """Show a product without image optimisation and Redis."""
    state = type(simulator.state).healthy(simulator.state.now, PRODUCTS["shop"])
    world = simulator.context.world
    world.digitalocean = state
    simulator.show(world)


def without(api: SimpleNamespace, account: SimpleNamespace, part: str) -> Product:
    """Measurement of a target without this part, with the answers of a stub; no component is named."""
    overlay = {"targets": {"sandbox": {"without": [part]}}}
    settings = load("sandbox", environment={}, overlay=overlay)
    found = product(cast(DigitalOceanApi, api), cast(DigitalOceanAccount, account), settings)
    return replace(found, named=())


def verdict(found: Product) -> tuple[Verdict, str]:
    return judged(CHECK, product=found)


def test_product_with_all_parts_matches_the_settings(simulator):
    found = measured(simulator)
    assert verdict(found)[0] is Verdict.OK
    assert found.components == ("portfolio-web", "image-optimizer", "image-worker", "send-digest")
    assert found.looked == ()


def test_product_without_parts_shows_nothing_of_them(simulator):
    shop(simulator)
    with serve(NOWHERE, NOWHERE) as server:
        found = measured(simulator, "images", "redis", "staging", "worker", "npm", url=server.url)
    assert verdict(found) == (
        Verdict.OK,
        "Parts that portfolio does without: expected none of them to be there, got none of them",
    )
    assert {one.part for one in found.looked} == {"images", "redis", "staging", "worker", "npm"}
    assert [line.split()[1] for line in (r.decode() for r in server.requests)] == [
        "/api/image/health",
        "/api/image/optimize",
    ]


@pytest.mark.parametrize(
    ("without", "words"),
    [
        ("images", "images: components image-optimizer, image-worker"),
        ("redis", "redis: variable REDIS_URL; redis: cluster portfolio-cache"),
        ("worker", "worker: worker image-worker"),
        ("github", "github: what is built from example/portfolio"),
        (
            "services",
            "services: components portfolio-web, image-optimizer, image-worker; images: components image-",
        ),
    ],
)
def test_visible_absent_part_is_a_warning(simulator, without, words):
    """Components, variables and clusters; the website is not configured here, so not requested."""
    found = measured(simulator, without)
    found_verdict, message = verdict(found)
    assert found_verdict is Verdict.WARNING
    assert f"expected none of them to be there, got {words}" in message


@pytest.mark.parametrize(
    ("answers", "found", "said"),
    [
        ([NOWHERE, NOWHERE], "none of them", Verdict.OK),
        (
            [answer("410 Gone"), answer(body=b"<!doctype html>", Content_Type="text/html")],
            "none of them",
            Verdict.OK,
        ),
        (
            [answer(body=b"{}", Content_Type="application/json"), NOWHERE],
            "HTTP 200 from /api/image/health",
            Verdict.WARNING,
        ),
        ([NOWHERE, answer("405 Method Not Allowed")], "HTTP 405 from /api/image/optimize", Verdict.WARNING),
        ([answer("503 Service Unavailable")], "none of them", Verdict.UNKNOWN),
        ([answer("401 Unauthorized"), answer("405 Method Not Allowed")], "HTTP 405", Verdict.WARNING),
        ([answer("405 Method Not Allowed"), b""], "HTTP 405 from /api/image/health", Verdict.WARNING),
    ],
)
def test_endpoint_of_an_absent_part(simulator, answers, found, said):
    """A response shows that the part exists; an unclear one is UNKNOWN, and keeps earlier findings."""
    shop(simulator)
    with serve(*answers) as server:
        seen = measured(simulator, "images", url=server.url)
    assert verdict(seen)[0] is said
    assert found in seen.found


def test_cluster_of_another_product_does_not_count(simulator):
    """Only a cluster that trusts this app does."""
    simulator.state.cluster.trusted = [("app", "another"), ("ip_addr", "192.0.2.7")]
    assert "cluster" not in measured(simulator, "redis").found


def test_cluster_that_is_open_to_everybody_may_belong_to_this_app():
    """The API says so with an empty list."""
    api = SimpleNamespace(
        app_id="portfolio",
        app=lambda: App(id="portfolio", spec=Spec("portfolio", services=[ComponentSpec(name="web")])),
        trusted_sources=lambda _: [],
    )
    account = SimpleNamespace(api=api, clusters=lambda: [Cluster("1", "cache", "valkey")])
    said, message = verdict(without(api, account, "redis"))
    assert said is Verdict.UNKNOWN
    assert "expected the trusted sources of the cluster cache, got none: everybody may connect, " in message
    assert "and it may belong to this app" in message


def component(**source: object) -> dict[str, object]:
    return {"name": "web", **source}


@pytest.mark.parametrize(
    ("mine", "other", "said"),
    [
        ({"github": {"repo": "a/b"}}, {"github": {"repo": "a/b"}}, Verdict.WARNING),
        ({"github": {"repo": "a/b"}}, {"github": {"repo": "a/c"}}, Verdict.OK),
        (
            {"image": {"registry_type": "DOCR", "repository": "shop", "tag": "v1"}},
            {"image": {"registry_type": "DOCR", "repository": "shop", "tag": "v2"}},
            Verdict.WARNING,
        ),
        (
            {"image": {"registry_type": "DOCR", "repository": "shop"}},
            {"image": {"registry_type": "GHCR", "registry": "acme", "repository": "shop"}},
            Verdict.OK,
        ),
        ({}, {"github": {"repo": "a/b"}}, Verdict.UNKNOWN),
    ],
)
def test_staging_app_is_found_by_its_repository_or_image(mine, other, said):
    """An app without a source could be that of any other."""
    apps = [
        msgspec.convert({"id": key, "spec": {"name": key, "services": [component(**source)]}}, App)
        for key, source in (("portfolio", mine), ("portfolio-next", other))
    ]
    api = SimpleNamespace(app_id="portfolio", app=lambda: apps[0])
    account = SimpleNamespace(api=api, apps=lambda: Listing(apps, whole("2 apps")))
    assert verdict(without(api, account, "staging"))[0] is said


def test_token_without_access_to_clusters_is_unknown(simulator):
    """The findings of the spec still count."""
    simulator.state.missing_scopes.add("database:read")
    found = measured(simulator, "redis")
    assert verdict(found)[0] is Verdict.WARNING  # the variable
    shop(simulator)
    simulator.state.missing_scopes.add("database:read")
    found_verdict, message = verdict(measured(simulator, "redis"))
    assert found_verdict is Verdict.UNKNOWN
    assert "HTTP 403 forbidden" in message


@pytest.mark.parametrize(
    ("own", "words"),
    [
        ({"components": {"web": "shop"}}, "no shop (web) among portfolio-web, image-optimizer, image-worker"),
        ({"components": {"worker": "celery"}}, "no celery (worker) among"),
        ({"components": {"worker": "celery"}, "without": ["worker"]}, None),
    ],
)
def test_configured_name_without_a_component_is_a_warning(simulator, own, words):
    """There would be no figures for it; absent parts need no name."""
    without = own.pop("without", [])
    found = measured(simulator, *without, **own)
    if words is None:
        assert found.unknown_names == ()
    else:
        found_verdict, message = verdict(found)
        assert found_verdict is Verdict.WARNING
        assert words in message


MANAGED = [
    (Database("db", "PG", production=True), [], "managed database PG db"),
    (Database("cache", "VALKEY", cluster_name="portfolio-cache"), [], "managed database VALKEY cache"),
    (Database("cache", "VALKEY", cluster_name="portfolio-cache"), ["redis"], ""),  # told as Redis
    (Database("db", "PG"), [], ""),  # a development database, of which the API reports nothing
]


@pytest.mark.parametrize(("database", "more", "found"), MANAGED)
def test_managed_database_in_the_spec_is_found(database, more, found):
    """A Redis that DigitalOcean manages is one."""
    own = load("sandbox", environment={}, overlay={"targets": {"sandbox": {"without": ["databases", *more]}}})
    spec = Spec(services=[ComponentSpec("portfolio-web")], databases=[database])
    assert [one.found for one in _in_spec(spec, own) if one.part == "databases" and one.found] == [found] * bool(
        found
    )


@pytest.mark.parametrize(
    ("host", "found"),
    [
        ("portfolio-cache-do-user-1-0.c.db.ondigitalocean.com", ["a Redis of DigitalOcean"]),
        ("private-portfolio-cache-do-user-1-0.m.db.ondigitalocean.com", ["a Redis of DigitalOcean"]),
        ("redis.internal", []),
        ("db.ondigitalocean.com.example", []),
    ],
)
def test_redis_at_a_managed_address_is_a_managed_database(host, found):
    """Its cluster would not be looked at."""
    redis = {"url": f"rediss://default:secret@{host}:25061"}
    overlay = {"targets": {"sandbox": {"without": ["databases"], "redis": redis}}}
    own = load("sandbox", environment={}, overlay=overlay)
    assert [one.found for one in _in_spec(Spec(services=[ComponentSpec("web")]), own) if one.found] == found


def test_cluster_of_any_engine_that_trusts_the_app_is_found():
    """One that is open to everybody may be another product's."""
    rules = {"1": [{"type": "app", "value": "portfolio"}], "2": [], "3": [{"type": "app", "value": "shop"}]}
    api = SimpleNamespace(
        app_id="portfolio",
        app=lambda: App(id="portfolio", spec=Spec("portfolio", services=[ComponentSpec(name="web")])),
        trusted_sources=rules.__getitem__,
    )
    clusters = [Cluster("1", "cache", "valkey"), Cluster("2", "open", "pg"), Cluster("3", "shop", "mysql")]
    account = SimpleNamespace(api=api, clusters=lambda: clusters)
    said, message = verdict(without(api, account, "databases"))
    assert said is Verdict.WARNING
    assert message.endswith("got databases: cluster cache")


OTHERS = st.lists(st.sampled_from(["PG", "MYSQL", "MONGODB", "KAFKA", "OPENSEARCH"]), max_size=4)
KEYS = st.lists(st.sampled_from(["NODE_ENV", "PREDISPOSED", "REDISTRIBUTE", "DATABASE_URL"]), max_size=4)


@given(OTHERS, KEYS, st.sampled_from(["REDIS", "VALKEY", "valkey"]), st.integers(0, 4), st.booleans())
def test_redis_is_found_anywhere_in_the_spec(engines, keys, engine, at, as_variable):
    """Among other databases and variables, at any position; without it nothing is found."""
    own = load("sandbox", environment={}, overlay={"targets": {"sandbox": {"without": ["redis"]}}})

    def shown(engines, keys):
        web = ComponentSpec("portfolio-web", envs=[Variable(key) for key in keys])
        spec = Spec(services=[web], databases=[Database("db", one) for one in engines])
        return [one.found for one in _in_spec(spec, own) if one.found]

    assert shown(engines, keys) == []
    if as_variable:
        keys.insert(at, f"CACHE_{engine.upper()}_HOST")
    else:
        engines.insert(at, engine)
    assert shown(engines, keys) != []

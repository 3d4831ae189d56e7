"""Parts that a product lacks: which items are left out, and for which part."""

import ast

import pytest

from playbook.core.catalogue import read_catalogue
from playbook.core.engine import REGISTRY, Measurements, Provider, missing_parts
from playbook.core.record import LeftOut
from playbook.run.run import load_providers
from playbook.settings.loading import load
from playbook.settings.profile import left_out, left_out_of_the_catalogue, missing_for, part_of
from playbook.settings.sections.parts import PARTS, SITES, absent_parts
from tests.written import written_checks

load_providers()


def provider(name, function, **more):
    """As its decorator would register it."""
    needs = tuple(function.__code__.co_varnames[: function.__code__.co_argcount])
    return Provider(name, function, needs, 60.0, False, **more)


MADE_UP = {
    "cache": provider("cache", lambda: "cache", parts=("redis",)),
    "hits": provider("hits", lambda cache: f"hits of {cache}"),
    "pictures": provider("pictures", lambda: "pictures", parts=("images", "queue")),
    "either": provider("either", lambda: "either", one_of=(("prometheus",), ("redis", "worker"))),
    "storage": provider("storage", lambda cache: f"files and {cache}", optional=("cache",)),
    "page": provider("page", lambda: "page"),
}


@pytest.mark.parametrize(
    ("name", "absent", "missing"),
    [
        ("cache", {"redis"}, {"redis"}),
        ("hits", {"redis"}, {"redis"}),  # it needs an absent part
        ("hits", {"images"}, set()),
        ("pictures", {"queue"}, {"queue"}),  # it takes both
        ("either", {"prometheus"}, set()),  # there is another way
        ("either", {"worker"}, set()),
        ("either", {"prometheus", "worker"}, {"prometheus", "worker"}),
        ("storage", {"redis"}, set()),  # it can do without
        ("settings", {"redis"}, set()),  # not a provider
    ],
)
def test_measurement_lacks_its_absent_parts(name, absent, missing):
    """Its own, and those of its inputs."""
    assert missing_parts(name, absent, MADE_UP) == missing


@pytest.mark.parametrize(
    ("asked", "marked", "absent", "missing"),
    [
        (["cache"], [], {"redis"}, {"redis"}),
        (["cache", "page"], [], {"redis"}, set()),  # judged on the rest
        (["cache", "pictures"], [], {"redis", "queue"}, {"redis", "queue"}),
        (["hits", "cache"], [], {"redis", "images"}, {"redis"}),
        (["page"], ["grafana"], {"grafana"}, {"grafana"}),
        (["page"], ["grafana"], {"redis"}, set()),
        (["judge", "limits"], [], {"redis"}, set()),
        (["page"], [], set(), set()),
    ],
)
def test_item_is_left_out_where_everything_it_measures_is_absent(asked, marked, absent, missing):
    """Where some of it exists, it is judged on the rest."""
    assert missing_for(asked, marked, absent, registry=MADE_UP) == missing


def test_check_without_item_is_left_out_where_anything_is_missing():
    """It was not written for products with absent parts."""
    assert missing_for(["cache", "page"], [], {"redis"}, needs_all=True, registry=MADE_UP) == {"redis"}


def test_absent_optional_input_is_none():
    """It is neither opened nor an error, and nothing is measured with it."""
    measurements = Measurements({}, MADE_UP, absent={"redis"})
    measurements.start(MADE_UP)
    assert measurements.get("storage") == "files and None"
    outcome = measurements.outcome("hits")
    assert (outcome.absent, outcome.value, outcome.error) == (True, None, None)
    assert measurements.is_absent("hits")
    assert "hits" not in {one.name for one in measurements.finished()}
    assert Measurements({}, MADE_UP).get("storage") == "files and cache"


@pytest.mark.parametrize("name", PARTS)
def test_every_part_leaves_out_an_item(name):
    """A part without checks would have no effect; with all parts nothing is left out."""
    found = left_out_of_the_catalogue([name], absent=[SITES])
    # npm reports vulnerabilities too, and the rest that GitHub shows is signed off; further sites are rows of
    # other items.
    alone = {"github", SITES}
    assert bool(found) is (name not in alone)
    assert set(found.values()) <= {name}
    assert found.keys() <= read_catalogue().items.keys()
    assert left_out_of_the_catalogue([]) == {}


def test_items_of_some_parts():
    """Each has the part named in the settings, also where it is about a part contained in that."""
    without_redis = left_out_of_the_catalogue(["redis"])
    assert {"daily.redis.alive", "daily.kpi.cache-hit-rate", "weekly.kpi.cache-hit-rate"} <= without_redis.keys()
    assert {"optimization.cache.hit-rate", "troubleshooting.high-response-times.queue"} <= without_redis.keys()
    assert "monthly.config.firewall" not in without_redis
    assert "monthly.performance.report" not in without_redis
    both = left_out_of_the_catalogue(["images", "redis"])
    assert both["daily.redis.alive"] == "redis"  # what it measures, not what its queue is for
    assert both["daily.kpi.image-success"] == "images"
    assert left_out_of_the_catalogue(["queue"]) == {"troubleshooting.high-response-times.queue": "queue"}
    static = left_out_of_the_catalogue(["services", "prometheus"], absent=[SITES])
    assert {"daily.kpi.utilization", "daily.logs.errors", "daily.health.api"} <= static.keys()
    assert {"daily.probe.homepage", "weekly.security.certificate", "daily.app.components"}.isdisjoint(static)
    assert left_out_of_the_catalogue(["npm"]).keys() == {"monthly.vulnerabilities.outdated"}
    assert "monthly.vulnerabilities.audit" in left_out_of_the_catalogue(["npm", "github"])


def test_every_part_is_listed_once():
    """Also one without an item in this set, and one that is named twice."""
    found = left_out({"daily.redis.alive": "redis"}, ["redis", "staging", "redis"])
    assert found == [
        LeftOut("redis", "Redis or Valkey", ["daily.redis.alive"]),
        LeftOut("staging", "a staging system, on which restores and alerts are tried", []),
    ]
    assert part_of({"cache"}, ["images", "redis"]) == "redis"


def test_parts_named_in_the_code_exist():
    """A mistyped one would never be absent."""
    for one in REGISTRY.values():
        named = {*one.parts, *(part for way in one.one_of for part in way)}
        assert named <= PARTS.keys(), one.name
        assert set(one.optional) <= set(one.needs), one.name


def test_absent_parts_have_no_address_and_no_load(tmp_path):
    """Also where the sandbox provides addresses, which it does for all settings."""
    (tmp_path / "playbook.toml").write_text("[targets.sandbox]\nwithout = ['images', 'redis']")
    sandbox = {"redis": {"url": "redis://:x@127.0.0.1"}, "web": {"url": "https://127.0.0.1"}}
    settings = load("sandbox", root=tmp_path, environment={}, overlay={"targets": {"sandbox": sandbox}})
    assert settings.target.redis.url is None
    assert settings.target.web.url == "https://127.0.0.1"
    assert settings.target.recovery.dump == ""
    assert {name for name, weight in settings.load.weights.items() if weight} == {"homepage", "health"}
    assert absent_parts(["redis"]) == {"redis", "cache", "queue"}


def unguarded(check, names):
    """Uses of these parameters in a check's body without a prior test for None."""
    found = []

    def look(node, known):
        if isinstance(node, ast.If | ast.IfExp):
            asked = known | {one.id for one in ast.walk(node.test) if isinstance(one, ast.Name)}
            look(node.test, asked)
            for one in node.body if isinstance(node.body, list) else [node.body]:
                look(one, asked)
            for one in node.orelse if isinstance(node.orelse, list) else [node.orelse]:
                look(one, known)
            return
        if isinstance(node, ast.Name) and node.id in names - known:
            found.append(node.id)
        for child in ast.iter_child_nodes(node):
            look(child, known)

    for statement in check.body:
        look(statement, set())
    return found


def mixed_checks():
    """Every shipped check with an absent part, where the check measures others as well."""
    for file, check, item, _, _ in written_checks():
        asked = [one.arg for one in check.args.args]
        for part in PARTS:
            absent = absent_parts([part])
            missing = {name for name in asked if missing_parts(name, absent)}
            if missing and not missing_for(asked, [], absent):
                yield pytest.param(check, missing, id=f"{file.stem}-{item}-{part}")


@pytest.mark.parametrize(("check", "missing"), list(mixed_checks()))
def test_check_of_several_parts_handles_each_absent_one(check, missing):
    """An absent part is None to it, and a crash would be UNKNOWN every day."""
    assert unguarded(check, missing) == []

"""Plans from settings and orders, within caps that no argument raises."""

from __future__ import annotations

import pytest

from playbook.core.errors import UsageError
from playbook.readers.load.order import LoadOrder
from playbook.readers.load.permission import Permission
from playbook.readers.load.plan import SHAPES
from playbook.readers.load.planning import longest, make_plan, require_shape
from playbook.settings.loading import load

PERMISSION = Permission("https://staging.example:443", "/shop", ("staging.example:443",))


def settings(tmp_path, text="", target="staging"):
    """Settings of a target, from a playbook.toml with this text."""
    file = tmp_path / "playbook.toml"
    file.write_text(text)
    return load(target, environment={"PLAYBOOK_CONFIG": str(file)})


@pytest.mark.parametrize("target", ["staging", "sandbox"])
@pytest.mark.parametrize("shape", SHAPES)
def test_every_default_shape_is_within_the_caps(tmp_path, shape, target):
    """Its plan has the values of the settings."""
    known = settings(tmp_path, target=target)
    order = LoadOrder(shape, workers=2, folder=tmp_path)
    plan = make_plan(known, order, PERMISSION)
    assert [stage.users for stage in plan.stages] == [stage.users for stage in known.load.shapes[shape].stages]
    assert plan.host == PERMISSION.host
    assert plan.allowed == list(PERMISSION.allowed)
    assert plan.paths == {
        "homepage": "/shop/",
        "health": "/shop/api/health",
        "image_health": "/shop/api/image/health",
        "optimize": "/shop/api/image/optimize",
    }
    assert (plan.most_users, plan.workers) == (known.load.most_users, 2)
    assert all(plan.weights.values())
    assert (plan.breaks is not None) == (shape == "breakpoint")
    assert plan.outcome == str(tmp_path / "load.json")


def test_smoke_test_has_ten_users(tmp_path):
    """On every target."""
    assert settings(tmp_path).load.shapes["smoke"].users == 10
    assert settings(tmp_path, target="sandbox").load.shapes["smoke"].seconds <= 10


def test_private_authority_has_an_absolute_path(tmp_path):
    """From the folder of the settings, as the Locust process may run in another one."""
    plan = make_plan(
        settings(tmp_path, '[targets.staging.web]\nca = "ca.pem"\n'), LoadOrder(folder=tmp_path), PERMISSION
    )
    assert plan.ca == str(tmp_path / "ca.pem")


@pytest.mark.parametrize(
    ("text", "order", "sentence"),
    [
        ("", {"shape": "smok"}, "unknown --shape 'smok': expected one of smoke, .*; did you mean 'smoke'"),
        ("[load]\nmost_users = 9", {}, "load.shapes.smoke has 10 users, and load.most_users allows 9"),
        ("[load]\nmost_seconds = 29", {}, "load.shapes.smoke takes 30 s, and load.most_seconds allows 29"),
        ("", {"workers": 9}, "--workers 9: expected 0 to 8, which load.most_workers allows"),
        ("", {"workers": -1}, "--workers -1: expected 0 to 8"),
        ("[load.shapes.smoke]\nstages = []", {}, "load.shapes.smoke: expected at least one stage, got none"),
    ],
)
def test_impossible_order_is_refused(tmp_path, text, order, sentence):
    """Each message names the setting or the option."""
    with pytest.raises(UsageError, match=sentence):
        require_shape(settings(tmp_path, text), LoadOrder(**order))


def test_plan_without_tasks_is_refused(tmp_path):
    """All weights are zero."""
    known = settings(tmp_path)
    text = "[load.weights]\n" + "\n".join(f"{name} = 0" for name in known.load.weights)
    with pytest.raises(UsageError, match="expected at least one above 0, got none"):
        require_shape(settings(tmp_path, text), LoadOrder())


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[load.shapes.x]\nstages = [{ users = 0, seconds = 1 }]", "expected a stage of at least one user"),
        ("[load.shapes.x]\nstages = [{ users = 1, seconds = 0 }]", "for some seconds"),
        ("[load.shapes.x]\nstages = [{ users = 1, seconds = inf }]", "for some seconds"),
        ("[load.shapes.x]\nstages = [{ users = 1, second = 1 }]", "second"),
        ("[load]\nwait_seconds = [2, 1]", "expected wait_seconds such as"),
        ("[load.weights]\nhomepage = -1", "expected weights of 0 or more"),
        ("[load.weights]\nhomepag = 1", "load.weights.homepag: expected one of homepage, "),
        ("[load.weights]\noptimize_huge_jpeg = 1", "weights.optimize_huge_jpeg: expected one of homepage, "),
    ],
)
def test_mistake_in_the_settings_is_one_sentence(tmp_path, text, sentence):
    """It names the file, the line if there is one, and what was expected."""
    with pytest.raises(UsageError, match=rf"playbook\.toml(:\d+)?: .*{sentence}"):
        settings(tmp_path, text)


def test_broken_step_may_be_repeated(tmp_path):
    """Within the cap."""
    known = settings(tmp_path)
    assert longest(known, LoadOrder("breakpoint")) == 2 * known.load.shapes["breakpoint"].seconds
    assert longest(known, LoadOrder("smoke")) == 30
    capped = settings(tmp_path, "[load]\nmost_seconds = 300")
    assert longest(capped, LoadOrder("breakpoint")) == 300


def test_stage_must_last_until_its_users_are_started(tmp_path):
    """Otherwise a test of a hundred users would unnoticed be one of thirty."""
    file = tmp_path / "playbook.toml"
    file.write_text(
        "[targets.sandbox.load.shapes.ramp]\nstages = [{ users = 20, seconds = 10.0, spawn_rate = 2.0 }, "
        "{ users = 50, seconds = 10.0, spawn_rate = 2.0 }]\n"
    )
    settings = load("sandbox", environment={"PLAYBOOK_CONFIG": str(file)})
    with pytest.raises(
        UsageError,
        match=r"load\.shapes\.ramp\.stages, stage 2: 20 to 50 users at a spawn_rate of 2 take 15 s, and the stage "
        r"lasts 10 s",
    ):
        require_shape(settings, LoadOrder(shape="ramp"))

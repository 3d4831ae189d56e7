"""Messages of mistakes in playbook.toml: the line, what was expected, and the right name of a variable."""

import pytest

from playbook.core.errors import NotConfigured, UnknownTarget, UsageError
from playbook.settings.loading import load
from playbook.settings.sections.places import line_of, located

TEXT = '''default_target = "shop"

[targets.shop]
kind = "staging" # of the shop
web = { url = "https://x.example" }

[targets.shop.logs]
about = """
kind = "not a key"
"""
files = [
    "a.log",
    "b.log",
]

[targets."two.parts".web]
url = "https://y.example"

[[maintenance.windows]]
name = "one"

[[maintenance.windows]]
name = "two"
'''


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("default_target", 1),
        ("targets.shop", 3),
        ("targets.shop.kind", 4),
        ("targets.shop.web", 5),
        ("targets.shop.web.url", 5),
        ("targets.shop.name", 3),  # missing, but its table exists
        ("targets.shop.logs.files[1]", 11),
        ("targets.shop.logs.kind", 7),  # text in a multi-line string is no key
        ("targets", 3),
        ("targets.two.web.url", None),
        ("maintenance.windows[1].name", 23),
        ("maintenance.windows[1].start", 22),
        ("maintenance.windows[0].start", 19),
        ("nothing.of.this", None),
    ],
)
def test_line_of_a_setting(path, line):
    """Its own, or else that of the table in which it is missing."""
    assert line_of(TEXT, path) == line


def test_message_without_a_setting_is_unchanged(tmp_path):
    """As is one about a missing file."""
    for message in ("--target: expected one value", f"{tmp_path}/playbook.toml: targets.x.kind is missing"):
        assert located(message) == message


def refused(tmp_path, text, target="production"):
    """The error message for these settings, from the file name on."""
    (tmp_path / "playbook.toml").write_text(text)
    with pytest.raises(UsageError) as caught:
        load(target, root=tmp_path, environment={})
    return str(caught.value).removeprefix(f"{tmp_path}/")


KINDS = '"sandbox", "staging" or "production"'


@pytest.mark.parametrize(
    ("text", "target", "sentence"),
    [
        ('\n[targets.shop]\nkind = "prod"\n', "shop", f":3: targets.shop.kind: expected {KINDS}, got 'prod'"),
        (
            '\n[targets.shop.web]\nurl = "https://x"\n',
            "shop",
            f":2: targets.shop.kind is missing; expected {KINDS}",
        ),
        (
            "[targets.production.web]\nurl = 5\n",
            "production",
            ":2: targets.production.web.url: expected a text",
        ),
        (
            "[targets.production.logs]\nfiles = 'x'\n",
            "production",
            ":2: targets.production.logs.files: expected",
        ),
        ("[floors]\ndaily = 'x'\n", "production", ":2: floors.daily: expected a whole number, got a text"),
        (
            "[time_limits]\nconnect = -1\n",
            "production",
            ":2: time_limits.connect: expected a number over 0",
        ),
        (
            "[schedule]\ndaily = 'x'\n",
            "production",
            ":2: unknown setting schedule.daily; expected one of cron",
        ),
        (
            "[limits.cpu]\nwarning = 'lots'\n",
            "production",
            ":1: limits.cpu: expected a comparison and",
        ),
        (
            "[targets.production.limits.cpu]\nwarning = 'lots'\n",
            "production",
            ":1: targets.production.limits.cpu: expected a comparison and a number such",
        ),
        (
            "[targets.production.kpis]\nlook = 1\n",
            "production",
            ":2: unknown setting targets.production.kpis.look; ",
        ),
        ("[[maintenance.windows]]\nname = 'x'\n", "production", ":1: maintenance.windows[0].start is missing"),
    ],
)
def test_mistake_names_file_line_and_what_was_expected(tmp_path, text, target, sentence):
    """With the choices, if any."""
    assert refused(tmp_path, text, target).startswith(f"playbook.toml{sentence}")


@pytest.mark.parametrize(
    ("table", "key", "variable"),
    [
        ("production.redis", "url", "REDIS_URL"),
        ("staging.redis", "url", "STAGING_REDIS_URL"),
        ("production.digitalocean", "token", "DIGITALOCEAN_TOKEN"),
        ("production.backups", "secret_key", "SPACES_SECRET_ACCESS_KEY"),
        ("production.prometheus", "password", "PROMETHEUS_PASSWORD"),
        ("shop-2.grafana", "token", "SHOP_2_GRAFANA_TOKEN"),
        ("shop-2.backups", "access_key", "SHOP_2_SPACES_ACCESS_KEY_ID"),
    ],
)
def test_secret_in_the_file_is_refused_with_its_usual_variable(tmp_path, table, key, variable):
    """Named after the target, except for production; the secret itself is not shown."""
    target = table.partition(".")[0]
    text = f'[targets.{target}]\nkind = "staging"\n[targets.{table}]\n{key} = "topsecret42"\n'
    message = refused(tmp_path, text, target)
    assert f"playbook.toml:4: targets.{table}.{key} is a secret" in message
    assert f'written as "${{{variable}}}"' in message
    assert "topsecret42" not in message


def test_missing_secret_is_reported_with_its_usual_variable(tmp_path):
    """The same name as in the message about one in the file."""
    (tmp_path / "playbook.toml").write_text('[targets.shop]\nkind = "staging"\n')
    settings = load("shop", root=tmp_path, environment={})
    with pytest.raises(NotConfigured) as caught:
        settings.require(settings.target.redis.url, "redis.url", "Redis")
    assert caught.value.add.endswith('url = "${SHOP_REDIS_URL}"')


def test_type_of_the_error_is_kept(tmp_path):
    """Callers can distinguish an unknown target from a mistake in the file."""
    with pytest.raises(UnknownTarget):
        load("shop", root=tmp_path, environment={})

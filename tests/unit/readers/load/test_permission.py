"""Attempts to load what must not be loaded are all refused."""

from __future__ import annotations

import pytest

from playbook.core.errors import Forbidden, NotConfigured, UsageError
from playbook.readers.load.permission import require_permission
from playbook.settings.loading import load

STAGING = '[targets.staging.web]\nurl = "https://staging.example"\n'
HOSTS = '[targets.staging.load]\nhosts = ["staging.example"]\n'
PRODUCTION = {"PRODUCTION_URL": "https://portfolio.example"}


def settings(tmp_path, text, target="staging", **environment):
    """Settings of a target, from a playbook.toml with this text."""
    file = tmp_path / "playbook.toml"
    file.write_text(text)
    return load(target, environment={"PLAYBOOK_CONFIG": str(file), **environment})


def test_staging_target_that_lists_its_own_host_may_be_loaded(tmp_path):
    """Only there, at the port of its scheme."""
    allowed = require_permission(settings(tmp_path, STAGING + HOSTS), "")
    assert allowed == ("https://staging.example:443", "", ("staging.example:443",))


def test_path_of_the_url_is_kept_as_a_prefix(tmp_path):
    """Host and path are separated; credentials are left out."""
    text = '[targets.staging.web]\nurl = "https://me:secret@STAGING.example.:443/shop/"\n' + HOSTS
    allowed = require_permission(settings(tmp_path, text), "")
    assert allowed[:2] == ("https://staging.example:443", "/shop")


def test_without_hosts_it_is_not_configured_with_the_line_to_add(tmp_path):
    """Whatever else is set."""
    with pytest.raises(NotConfigured) as refused:
        require_permission(settings(tmp_path, STAGING), "")
    assert refused.value.add.endswith('[targets.staging.load]\nhosts = ["staging.example"]')


def test_without_a_website_it_is_not_configured(tmp_path):
    """Its URL is what to add."""
    with pytest.raises(NotConfigured, match=r"targets\.staging\.web\.url is not set"):
        require_permission(settings(tmp_path, HOSTS), "")


@pytest.mark.parametrize(
    "host",
    [
        "other.example",
        "staging.example:8443",
        "staging.example.evil.example",
        "https://staging.example",
        "staging.example/",
        "staging.example/path",
        "user@staging.example",
        "staging.example#",
        "*",
        "*.example",
        "",
        "staging.example:port",
        "${STAGING_HOST}",
    ],
)
def test_listed_host_must_be_the_targets_own(tmp_path, host):
    """In any spelling: the listed host must equal that of the target's URL."""
    text = STAGING + f'[targets.staging.load]\nhosts = ["{host}"]\n'
    with pytest.raises(
        Forbidden, match=r"^no load goes to staging\.example: targets\.staging\.web\.url leads there"
    ):
        require_permission(settings(tmp_path, text, STAGING_HOST="staging.example"), "")


PRODUCTION_HOSTS = '[targets.production.load]\nhosts = ["portfolio.example"]\n'


@pytest.mark.parametrize(
    ("text", "repeated", "reason"),
    [
        (PRODUCTION_HOSTS, "", "does not say production = true"),
        (PRODUCTION_HOSTS, "production", "does not say production = true"),
        (PRODUCTION_HOSTS + "production = true", "", "expected its name to be repeated .*, got nothing"),
        (PRODUCTION_HOSTS + "production = true", "prod", "got --load-production prod$"),
        (PRODUCTION_HOSTS + "production = true", "Production", "got --load-production Production$"),
        (PRODUCTION_HOSTS + "production = true", "staging", "got --load-production staging$"),
        (PRODUCTION_HOSTS + "production = false", "production", "does not say production = true"),
    ],
)
def test_production_needs_both_confirmations(tmp_path, text, repeated, reason):
    """In the settings of that target, and on the command line."""
    with pytest.raises(Forbidden, match=reason):
        require_permission(settings(tmp_path, text, "production", **PRODUCTION), repeated)


def test_production_with_both_confirmations_may_be_loaded(tmp_path):
    """It is the operator's system."""
    known = settings(tmp_path, PRODUCTION_HOSTS + "production = true", "production", **PRODUCTION)
    assert require_permission(known, "production").allowed == ("portfolio.example:443",)


@pytest.mark.parametrize("kind", ["staging", "sandbox"])
def test_target_named_production_is_production_whatever_its_kind(tmp_path, kind):
    """The name takes precedence."""
    text = f'[targets.Production]\nkind = "{kind}"\nweb.url = "https://p.example"\nload.hosts = ["p.example"]\n'
    with pytest.raises(Forbidden, match="no load goes to Production, as it is a production system"):
        require_permission(settings(tmp_path, text, "Production"), "")


@pytest.mark.parametrize(
    "staging",
    [
        'web.url = "https://portfolio.example"\nload.hosts = ["portfolio.example"]',
        'web.url = "https://PORTFOLIO.example.:443/x"\nload.hosts = ["Portfolio.Example"]',
        'web.url = "http://u:p@portfolio.example:8080"\nload.hosts = ["portfolio.example:8080"]',
        'web.url = "https://staging.example"\nload.hosts = ["staging.example", "portfolio.example"]',
        'web.url = "https://staging.example"\nload.hosts = ["staging.example", "portfolio.example:8443"]',
        'web.url = "https://staging.example"\nload.hosts = ["staging.example"]\nredis.url = "${REDIS_URL}"',
        'web.url = "https://staging.example"\nload.hosts = ["staging.example"]\ndigitalocean.app_id = "APP-1"',
    ],
)
@pytest.mark.parametrize("kind", ["staging", "sandbox"])
def test_addresses_of_production_under_another_name_are_refused(tmp_path, staging, kind):
    """Neither its website nor services shared with a staging target."""
    known = settings(
        tmp_path,
        f'[targets.harmless]\nkind = "{kind}"\n{staging}\n',
        "harmless",
        REDIS_URL="rediss://:one@redis.example:25061/0",
        DO_PRODUCTION_APP_ID="app-1",
        **PRODUCTION,
    )
    with pytest.raises(Forbidden, match=r"^no load goes to harmless: .*(production's|sandbox)"):
        require_permission(known, "")


def test_production_target_may_not_load_another_one(tmp_path):
    """The confirmations are for itself only."""
    text = (
        '[targets.production.load]\nhosts = ["portfolio.example", "eu.example"]\nproduction = true\n'
        '[targets.europe]\nkind = "production"\nweb.url = "https://eu.example"\n'
    )
    with pytest.raises(
        Forbidden, match=r"hosts lists eu\.example, which is production's \(targets\.europe\.web\.url\)"
    ):
        require_permission(settings(tmp_path, text, "production", **PRODUCTION), "production")


@pytest.mark.parametrize("hosts", ['["shop.example"]', '["127.0.0.1:8443", "shop.example"]'])
def test_sandbox_must_be_on_this_machine(tmp_path, hosts):
    """The kind alone does not permit it."""
    url = "https://shop.example" if hosts == '["shop.example"]' else "https://127.0.0.1:8443"
    text = f'[targets.box]\nkind = "sandbox"\nweb.url = "{url}"\nload.hosts = {hosts}\n'
    with pytest.raises(Forbidden, match="sandbox"):
        require_permission(settings(tmp_path, text, "box"), "")


def test_name_of_production_with_another_target_is_refused(tmp_path):
    """The operator means production, but staging is selected."""
    with pytest.raises(Forbidden, match="the target staging is not a production system"):
        require_permission(settings(tmp_path, STAGING + HOSTS), "production")


@pytest.mark.parametrize("line", ['hosts = ["portfolio.example"]', "production = true"])
def test_permission_for_all_targets_at_once_is_refused(tmp_path, line):
    """Each target must have its own."""
    with pytest.raises(UsageError, match=r"is set by each target for itself, under \[targets\.NAME\.load\]"):
        settings(tmp_path, f"[load]\n{line}\n")


@pytest.mark.parametrize(
    ("production", "staging"),
    [
        ("https://localhost:8443", "127.0.0.1:8443"),
        ("https://127.0.0.1:8443", "[::1]:8443"),
        ("https://localhost.:8443", "127.0.0.2:8443"),
        ("https://localhost", "localhost:443"),
        ("https://127.0.0.1:443", "localhost"),
        ("https://bücher.example", "xn--bcher-kva.example"),
        ("https://BÜCHER.example.", "xn--bcher-kva.example"),
        ("https://203.0.113.7", "[::ffff:203.0.113.7]"),
    ],
)
def test_other_spellings_of_production_are_production(tmp_path, production, staging):
    """A tunnel has several names on this machine, and a host with umlauts has two everywhere."""
    text = f'[targets.staging.web]\nurl = "https://{staging}"\n[targets.staging.load]\nhosts = ["{staging}"]\n'
    with pytest.raises(Forbidden, match=r"production's \(targets\.production\.web\.url\)"):
        require_permission(settings(tmp_path, text, PRODUCTION_URL=production), "")

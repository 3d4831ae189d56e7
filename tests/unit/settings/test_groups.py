"""Groups of targets in the settings, and the targets that a command line selects."""

import pytest

from playbook.core.errors import UnknownTarget, UsageError
from playbook.settings.loading import load, load_all
from playbook.settings.sections.groups import Shard, groups_of, in_shard, names_in, shard_of

TARGETS = ["shop-a", "shop-b", "office"]


@pytest.mark.parametrize(
    ("members", "found"),
    [
        (["office", "shop-a"], ("office", "shop-a")),
        (["shop-*"], ("shop-a", "shop-b")),
        (["office", "*"], ("office", "shop-a", "shop-b")),
    ],
    ids=["names", "pattern", "both"],
)
def test_group_has_its_targets_once_and_in_order(members, found):
    """In the order of the setting."""
    assert groups_of({"all": members}, TARGETS, "playbook.toml") == {"all": found}


@pytest.mark.parametrize(
    ("raw", "sentence"),
    [
        (7, "playbook.toml: groups must be a table, got 7"),
        ({"a b": ["office"]}, "groups: expected a name of letters, digits, . _ and -, got 'a b'"),
        ({"all": "office"}, "groups.all: expected a list of targets, got 'office'"),
        ({"all": [7]}, "groups.all: expected a list of targets, got [7]"),
        ({"all": []}, "groups.all: expected at least one target, got none"),
        ({"all": ["shop-c"]}, "groups.all: there is no target 'shop-c'; did you mean '"),
        (
            {"all": ["store-*"]},
            "groups.all: expected a pattern that fits a target, got 'store-*'",
        ),
    ],
    ids=["no-table", "name", "no-list", "no-text", "empty", "unknown", "pattern"],
)
def test_mistake_in_a_group_is_one_sentence(raw, sentence):
    """It names the file and the setting."""
    with pytest.raises(UsageError) as caught:
        groups_of(raw, TARGETS, "playbook.toml")
    assert sentence in str(caught.value)


def test_words_name_each_target_once():
    """A target may be named and be in a group."""
    groups = {"shops": ("shop-a", "shop-b")}
    assert names_in(["shop-b", "group:shops", "office"], groups, "f") == ["shop-b", "shop-a", "office"]


def test_unknown_group_is_reported_with_the_known_ones():
    """And with the likely one."""
    with pytest.raises(UnknownTarget, match="unknown group 'shop': expected one of shops; did you mean 'shops'"):
        names_in(["group:shop"], {"shops": ("shop-a",)}, "playbook.toml")


@pytest.mark.parametrize("text", ["0/3", "4/3", "3", "a/b", "1/0", "-1/3", ""])
def test_invalid_shard_is_reported(text):
    """With an example."""
    with pytest.raises(UsageError, match="--shard: expected a part such as 3/8"):
        shard_of(text)


def test_shards_contain_each_target_once_and_have_equal_size():
    """For any number of shards."""
    names = [f"shop-{number}" for number in range(11)]
    for of in range(1, 12):
        parts = [in_shard(names, Shard(number, of)) for number in range(1, of + 1)]
        assert sorted(name for part in parts for name in part) == sorted(names)
        assert max(map(len, parts)) - min(map(len, parts)) <= 1


@pytest.fixture
def root(tmp_path):
    """A folder with three targets in a group."""
    (tmp_path / "playbook.toml").write_text(
        '[groups]\nshops = ["shop-*"]\n'
        '[targets.shop-a]\nkind = "production"\nweb.url = "https://a.example"\n'
        '[targets.shop-b]\nkind = "production"\nweb.url = "https://b.example"\n'
        '[targets.shop-c]\nkind = "staging"\nweb.also = []\n'
    )
    return tmp_path


def test_settings_of_many_targets_equal_those_of_each(root):
    """Read together or one by one."""
    together = load_all(["group:shops"], root=root, environment={})
    alone = [load(name, root=root, environment={}) for name in ("shop-a", "shop-b", "shop-c")]
    assert together == alone
    assert [dict(one.guarded) for one in together] == [
        {"b.example": "targets.shop-b.web.url"},
        {"a.example": "targets.shop-a.web.url"},
        {"a.example": "targets.shop-a.web.url", "b.example": "targets.shop-b.web.url"},
    ]


def test_variable_may_name_a_group(root):
    """Like the option."""
    found = load_all([], root=root, environment={"PLAYBOOK_TARGET": "group:shops"})
    assert [one.target.name for one in found] == ["shop-a", "shop-b", "shop-c"]


def test_command_for_one_target_refuses_a_group(root):
    """The message says how many targets that would be."""
    with pytest.raises(UsageError, match="expected one target, got group:shops, which names 3 targets"):
        load("group:shops", root=root, environment={})


def test_invalid_target_of_a_group_is_reported_with_its_line(root):
    """Before any target is measured."""
    file = root / "playbook.toml"
    file.write_text(file.read_text() + '[targets.shop-d]\nkind = "prod"\n')
    with pytest.raises(UsageError, match=r"playbook\.toml:13: targets\.shop-d\.kind"):
        load_all(["group:shops"], root=root, environment={})


def test_more_shards_than_targets_are_refused(root):
    """A shard without a target would be an empty run."""
    with pytest.raises(UsageError, match="--shard 4/4: expected at most as many parts as targets, got 3 targets"):
        load_all(["group:shops"], root=root, environment={}, shard=Shard(4, 4))


def test_mistake_in_a_group_ends_every_command_with_its_line(root):
    """Also where no group is requested."""
    file = root / "playbook.toml"
    file.write_text(file.read_text().replace('["shop-*"]', '["shop-x"]'))
    with pytest.raises(UsageError, match=r"playbook\.toml:2: groups\.shops: there is no target 'shop-x'"):
        load("shop-a", root=root, environment={})


MIXED = """
[limits]
cache_hit_rate = { target = "> 85 %" }
[targets.plain]
kind = "staging"
[targets.plain-too]
kind = "production"
without = ["redis"]
[targets.own-limits]
kind = "staging"
[targets.own-limits.limits]
cache_hit_rate = { target = "> 95 %" }
[targets.sites]
kind = "staging"
[targets.sites.web]
url = "https://portfolio.example"
also = [{ name = "blog", url = "https://blog.example", limits = { homepage_time = { target = "< 2 s" } } }]
[targets.secret]
kind = "staging"
[targets.secret.digitalocean]
token = "${TOKEN}"
"""
NAMES = ("plain", "plain-too", "own-limits", "sites", "secret")
WRONG = {
    "kind": '[targets.bad]\nkind = "stagin"\n',
    "address": '[targets.bad]\nkind = "staging"\n[targets.bad.web]\nurl = "ftp://portfolio.example"\n',
    "secret": '[targets.bad]\nkind = "staging"\n[targets.bad.digitalocean]\ntoken = "dop_v1_0123456789"\n',
    "key": '[targets.bad]\nkind = "staging"\ncolour = "red"\n',
    "zone": '[targets.bad]\nkind = "staging"\ntime_zone = "Mars/Olympus"\n',
}


def test_settings_of_a_target_are_the_same_alone_and_beside_others(tmp_path):
    """In whatever order the targets are built."""
    (tmp_path / "playbook.toml").write_text(MIXED)
    environment = {"TOKEN": "dop_v1_0123456789abcdef"}
    alone = {name: load(name, root=tmp_path, environment=environment) for name in NAMES}
    for names in (NAMES, NAMES[::-1]):
        for settings in load_all(names, root=tmp_path, environment=environment):
            mine = alone[settings.target.name]
            for field in settings.__struct_fields__:
                if field != "guarded":  # a view, which equals itself
                    assert getattr(settings, field) == getattr(mine, field), (settings.target.name, field)
            assert dict(settings.guarded) == dict(mine.guarded)


@pytest.mark.parametrize("wrong", WRONG)
def test_mistake_of_a_target_is_told_beside_others_as_alone(tmp_path, wrong):
    """The file's other targets are sound."""
    (tmp_path / "playbook.toml").write_text(MIXED + WRONG[wrong])
    with pytest.raises(UsageError) as alone:
        load("bad", root=tmp_path, environment={})
    with pytest.raises(UsageError) as together:
        load_all(["plain", "bad"], root=tmp_path, environment={})
    assert str(alone.value) == str(together.value)

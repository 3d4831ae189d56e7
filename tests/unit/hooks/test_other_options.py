"""Options of pytest and of its plugins: a value that would end the run later is one sentence before it."""

import pytest

from playbook.core.errors import UsageError
from playbook.hooks.other_options import check_others
from tests.project import GOOD, Project


class Plugins:
    """The plugins that are loaded."""

    def __init__(self, *names):
        self._names = names

    def has_plugin(self, name):
        return name in self._names


class Given:
    """As pytest's configuration: options and the configuration file's values, by name."""

    def __init__(self, options=None, ini=None, plugins=("html", "metadata")):
        self._options, self._ini = options or {}, ini or {}
        self.pluginmanager = Plugins(*plugins)

    def __str__(self):
        return f"{self._options or ''}{self._ini or ''}"

    def getoption(self, name, default=None):
        return self._options.get(name, default)

    def getini(self, name):
        if name not in self._ini:
            raise ValueError(f"unknown configuration value: {name!r}")
        return self._ini[name]


USUAL = Given(
    {"timeout": 60.0, "log_file": None, "metadata_from_json": "{}", "maxworkerrestart": "4"},
    {
        "timeout": "60",
        "session_timeout": "600",
        "timeout_method": "signal",
        "faulthandler_timeout": 0.0,
        "tmp_path_retention_count": "3",
        "max_asset_filename_length": 255,
        "log_format": "%(levelname)-8s %(name)s:%(filename)s:%(lineno)d %(message)s",
        "log_cli_format": "",
    },
)


@pytest.mark.parametrize(
    "given",
    [USUAL, Given(), Given(plugins=()), Given({"timeout": 0.0}), Given({"timeout": -1.0})],
    ids=["usual", "nothing", "without html", "no limit", "below zero"],
)
def test_usable_values_pass(given, monkeypatch):
    """Those of the suite itself, and none."""
    monkeypatch.delenv("PYTEST_TIMEOUT", raising=False)
    check_others(given)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (Given(ini={"timeout": "x"}), r"timeout: expected a number of seconds, got 'x'"),
        (Given(ini={"timeout": "1 min"}), r"timeout: expected a number of seconds, got '1 min'"),
        (Given({"timeout": float("inf")}), r"--timeout: expected a number of seconds, got 'inf'"),
        (Given({"session_timeout": float("nan")}), r"--session-timeout: expected a number of seconds, got 'nan'"),
        (Given(ini={"session_timeout": "1h"}), r"session_timeout: expected a number of seconds, got '1h'"),
        (Given(ini={"timeout": "1e12"}), r"timeout: expected a number of seconds, got '1e12'"),
        (Given(ini={"faulthandler_timeout": "x"}), r"faulthandler_timeout: expected a number of seconds"),
        (Given(ini={"timeout_method": "alarm"}), r"timeout_method: expected signal or thread, got 'alarm'"),
        (Given(ini={"tmp_path_retention_count": "-1"}), r"expected a whole number, 0 or more, got '-1'"),
        (Given(ini={"tmp_path_retention_count": ""}), r"expected a whole number, 0 or more, got 'nothing'"),
        (Given(ini={"max_asset_filename_length": "x"}), r"max_asset_filename_length: expected a whole number"),
        (Given(ini={"max_warnings": "many"}), r"max_warnings: expected a whole number, got 'many'"),
        (Given({"maxworkerrestart": "1.5"}), r"--max-worker-restart: expected a whole number, got '1.5'"),
        (Given({"log_format": "%"}), r"--log-format: expected a format of Python's logging"),
        (Given({"log_file_format": "%(nope)s"}), r"--log-file-format: expected a format .*, got '%\(nope\)s'"),
        (Given(ini={"log_cli_format": "%(lineno)q"}), r"log_cli_format: expected a format of Python's logging"),
        (Given({"log_file": "/proc/x.log"}), r"--log-file: cannot write to /proc/x\.log: no such file"),
        (Given({"log_file": "/"}), r"--log-file: cannot write to /: is a directory"),
        (Given({"metadata_from_json": "{"}), r"--metadata-from-json: expected JSON, got a text that is none"),
        (Given({"metadata_from_json": "[1]"}), r"expected a JSON object of names and values, got list"),
        (Given({"metadata_from_json_file": "/nowhere"}), r"--metadata-from-json-file: /nowhere cannot be read"),
        (Given({"metadata_from_json_file": "/"}), r"--metadata-from-json-file: / cannot be read: is a directory"),
        (Given(plugins=("html",)), r"-p no:metadata: this plugin is needed"),
    ],
    ids=str,
)
def test_unusable_value_is_one_sentence(given, said):
    """With the name of the option, what it takes, and what it was given."""
    with pytest.raises(UsageError, match=said) as caught:
        check_others(given)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("seconds", ["", "x", "inf", "5m"])
def test_variable_of_pytest_timeout_is_tried(seconds, monkeypatch):
    """It applies where neither an option nor a mark says how long a check may take."""
    monkeypatch.setenv("PYTEST_TIMEOUT", seconds)
    with pytest.raises(UsageError, match=r"\$PYTEST_TIMEOUT: expected a number of seconds"):
        check_others(USUAL)


@pytest.mark.slow
@pytest.mark.parametrize(
    "arguments",
    [("-o", "faulthandler_timeout=x"), ("--log-file=checks",), ("-o", "max_asset_filename_length=x")],
    ids=" ".join,
)
def test_nothing_begins_with_an_unusable_option(tmp_path, arguments):
    """Code 4, no reports, and no history."""
    project = Project(tmp_path)
    project.write(GOOD)
    ended = project.run("-m", "daily", *arguments)
    assert (ended.returncode, (tmp_path / "reports").exists()) == (4, False), ended.stdout + ended.stderr
    assert "Traceback" not in ended.stdout + ended.stderr


@pytest.mark.slow
@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["one process", "workers"])
@pytest.mark.parametrize("mark", ['timeout("x")', 'timeout(float("inf"))', "filterwarnings(1)"])
def test_wrong_mark_affects_only_its_own_check(tmp_path, mark, workers):
    """The plugin that reads it raises before the check begins."""
    project = Project(tmp_path)
    project.write(GOOD)
    other = 'daily.kpi.availability")\n@pytest.mark.' + mark
    text = GOOD.replace('daily.health.api")', other).replace("test_good", "test_marked")
    project.write(text, "test_own")
    ended = project.run("-m", "daily", *workers)
    assert ended.returncode == 10, ended.stdout + ended.stderr
    results = project.results()
    verdicts = {record.check.rpartition("::")[2]: str(record.verdict) for record in results.records}
    assert (verdicts, results.ended) == ({"test_good": "OK", "test_marked": "UNKNOWN"}, "finished")
    assert "INTERNALERROR" not in ended.stdout + ended.stderr

"""What an installed playbook provides to a project: the shipped pytest.ini as defaults, and the shipped checks.

A checkout needs neither, as it contains both.
"""

from __future__ import annotations

import configparser
import shlex
from pathlib import Path

import pytest

from playbook.core.places import CHECKS, INI, MODULE, name_of

# Settings of the shipped pytest.ini that apply to other projects too, with pytest's types; and lists that are
# extended.
_DEFAULTS = {
    "strict": "bool",
    "timeout": "string",
    "timeout_method": "string",
    "session_timeout": "string",
    "junit_family": "string",
    "enable_assertion_pass_hook": "bool",
    "verbosity_assertions": "string",
}
_LISTS = ("markers", "filterwarnings")
# Settings for a checkout only; addopts is parsed word by word.
_CHECKOUT = ("testpaths", "pythonpath", "addopts")
_OWN = "checks"  # folder of a project's own checks


def shipped_ini() -> dict[str, str]:
    """The shipped pytest.ini, by name of the setting."""
    ini = configparser.ConfigParser(interpolation=None)
    ini.read_string(INI.read_text(encoding="utf-8"))
    return dict(ini["pytest"])


def settle(config: pytest.Config, parser: pytest.Parser, args: list[str]) -> None:
    """Configure the project that pytest was started in as a playbook. The project's own settings take
    precedence.
    """
    for name, text in shipped_ini().items():
        if name in _LISTS:
            for line in filter(None, map(str.strip, text.splitlines())):
                config.addinivalue_line(name, line)
        elif name == "addopts":
            _apply(shlex.split(text), config, args)
        elif name not in _CHECKOUT:
            kind = _DEFAULTS[name]
            default = text == "true" if kind == "bool" else text
            parser.addini(name, f"{name}, with the playbook's default", kind, default)  # type: ignore[arg-type]
            # pytest may have cached it while loading plugins, and would not read it again.
            config._inicache.pop(name, None)
    config.pluginmanager.register(_ShippedChecks(), "playbook shipped checks")


def _apply(options: list[str], config: pytest.Config, args: list[str]) -> None:
    """``-p no:NAME`` is too late here, as all plugins are loaded."""
    while options:
        option = options.pop(0)
        if option == "-p":
            name = options.pop(0).removeprefix("no:")
            if config.pluginmanager.hasplugin(name):
                config.pluginmanager.unregister(name=name)
        else:
            args.insert(0, option)


class _ShippedChecks:
    """Adds the shipped checks where no file or folder is named, and sets their node ids."""

    @pytest.hookimpl(tryfirst=True)
    def pytest_configure(self, config: pytest.Config) -> None:
        """Runs before the plugin's own hook, which reads what is to be run."""
        if config.args_source is pytest.Config.ArgsSource.ARGS:
            return
        own = [config.rootpath / _OWN] if (config.rootpath / _OWN).is_dir() else []
        if config.args_source is pytest.Config.ArgsSource.TESTPATHS:
            own = [Path(path) for path in config.args]
        config.option.pyargs = True
        config.args = [MODULE, *(str(path.absolute()) for path in own)]

    @pytest.hookimpl(tryfirst=True)
    def pytest_pycollect_makemodule(self, module_path: Path, parent: pytest.Collector) -> pytest.Module | None:
        """Name modules outside of the root so that they can be found again by their node id."""
        if not module_path.is_relative_to(CHECKS):
            return None
        return pytest.Module.from_parent(parent, path=module_path, nodeid=name_of(module_path))

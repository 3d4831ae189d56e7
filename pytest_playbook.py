"""Entry point of an installed playbook for pytest: loads the plugin in projects of the playbook, and in no others.

A separate module, as it must not import the playbook before it knows that it applies: a checkout has its own. It
applies to a project that has a playbook.toml, that names the shipped checks (``pytest --pyargs playbook.checks``),
or that requests it (``-p pytest_playbook``, as ``playbook run`` does).
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Sequence

_PLUGIN = "playbook.plugin"
_SHIPPED = "playbook.checks"


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config, parser: pytest.Parser, args: list[str]) -> None:
    """Load the plugin before any conftest.py, which may use what it provides."""
    root = early_config.rootpath
    if (root / "playbook" / "plugin.py").is_file() or not _is_meant(early_config, args):
        return
    _spare_the_libraries(early_config)
    from playbook.core.places import INSTALLED

    if INSTALLED:  # a checkout installed in development mode has no checks for other folders
        early_config.pluginmanager.import_plugin(_PLUGIN)
        from playbook.core import installed

        installed.settle(early_config, parser, args)


def _is_meant(config: pytest.Config, args: Sequence[str]) -> bool:
    return (
        __name__ in config.known_args_namespace.plugins
        or bool(os.environ.get("PLAYBOOK_CONFIG"))
        or (config.rootpath / "playbook.toml").is_file()
        or any(argument.startswith(_SHIPPED) for argument in args)
    )


def _spare_the_libraries(config: pytest.Config) -> None:
    """pytest rewrites the asserts of all that is installed with a plugin, which here are some hundred modules.

    Where it cannot keep what it has rewritten, it would do so with every run, for many seconds. The checks, by the
    names of their files, are rewritten all the same.
    """
    hook = config.pluginmanager.rewrite_hook
    for name in ("playbook", "sandbox", "loadtests"):
        hook._must_rewrite.discard(name)  # type: ignore[attr-defined]
    hook._marked_for_rewrite_cache.clear()  # type: ignore[attr-defined]

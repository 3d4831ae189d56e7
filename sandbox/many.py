"""Many targets served by one sandbox: their settings for playbook.toml and the environment.

They are one system under many names. Each has its own token for the DigitalOcean API, as apps of many teams have,
so that rate limits apply to each separately.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

_SECRETS = {"token", "password", "access_key", "secret_key"}


def many_targets(
    settings: Mapping[str, Any], names: Iterable[str], *, kind: str = "staging", group: str = "shops"
) -> tuple[str, dict[str, str]]:
    """A playbook.toml with these targets in a group, and the variables with their secrets.

    Args:
        settings: of the running sandbox, as a target: ``RunningSandbox.settings``.
    """
    names = list(names)
    environment: dict[str, str] = {}
    shared = {section: _without_secrets(section, values, environment) for section, values in settings.items()}
    text = [f"[groups]\n{group} = {json.dumps(names)}\n"]
    for number, name in enumerate(names):
        variable = f"TOKEN_OF_{number}"
        environment[variable] = f"{settings['digitalocean']['token']}.{number}"
        own = shared | {"digitalocean": shared["digitalocean"] | {"token": f"${{{variable}}}"}}
        text.append(f'[targets.{name}]\nkind = "{kind}"')
        text += [f"{section} = {_toml(values)}" for section, values in own.items()]
    return "\n".join(text) + "\n", environment


def _without_secrets(section: str, values: Mapping[str, Any], environment: dict[str, str]) -> dict[str, Any]:
    made = dict(values)
    for key in values:
        if key in _SECRETS or (section, key) == ("redis", "url"):
            variable = f"SANDBOX_{section}_{key}".upper()
            environment[variable] = str(values[key])
            made[key] = f"${{{variable}}}"
    return made


def _toml(value: Any) -> str:
    """A value in TOML on one line; JSON strings are valid TOML."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{json.dumps(key)} = {_toml(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_toml, value)) + "]"
    return json.dumps(value)

"""Targets, limits and queries, from defaults.toml, playbook.toml and the environment. Frozen and typed.

A mistake is a UsageError of one sentence that names the setting, the file and what was expected.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from functools import cached_property
from pathlib import Path
from typing import Any

import msgspec
from msgspec.structs import replace

from playbook.core import door
from playbook.core.errors import UnknownTarget, UsageError
from playbook.core.secret import Secret
from playbook.core.suggestions import did_you_mean
from playbook.settings.files import (
    DEFAULTS,
    find_file,
    merged_over,
    read_toml,
    require_known_tables,
    require_tables,
    shipped_defaults,
)
from playbook.settings.gate import Guarded, reached_in_production
from playbook.settings.limit_tables import fill_limits_of_sites, limits_from
from playbook.settings.model import SANDBOX, Settings, is_private
from playbook.settings.paths import folder_of, in_common, of_target
from playbook.settings.references import unmet, unmet_of_sites
from playbook.settings.schedule import require_valid
from playbook.settings.sections.groups import GROUPS, Shard, groups_of, in_shard, names_in
from playbook.settings.sections.load import OF_ONE_TARGET
from playbook.settings.sections.mistakes import sentence, variable_for
from playbook.settings.sections.parts import WITHOUT, contradictions, shorn, unknown_parts
from playbook.settings.sections.places import with_lines
from playbook.settings.sections.target import Target
from playbook.settings.sections.validation import mistakes
from playbook.settings.variables import (
    NOTIFICATIONS,
    VARIABLE,
    from_variable,
    holds_secret,
    interpolate,
    is_secret,
    looks_like_variable,
    texts_in,
)

TARGET_VARIABLE = "PLAYBOOK_TARGET"

# Tables that a target may override: all that are not about a single target.
_NOT_ONE = frozenset({"target", "file", "root", "sources", "guarded"})
_OVERRIDES = tuple(name for name in Settings.__struct_fields__ if name not in _NOT_ONE)
_TARGET = re.compile(r"[A-Za-z0-9][\w.-]*", re.ASCII)


@with_lines
def load(
    target: str | None = None,
    *,
    root: Path | None = None,
    environment: Mapping[str, str] | None = None,
    overlay: Mapping[str, Any] | None = None,
) -> Settings:
    """Settings for one target.

    Args:
        target: its name; by default ``$PLAYBOOK_TARGET``, or else ``default_target``, which is the sandbox.
        root: folder of playbook.toml, unless ``$PLAYBOOK_CONFIG`` names the file.
        overlay: merged on top, in the form of playbook.toml (the sandbox's addresses).

    Raises:
        UsageError: one sentence on the first mistake found.
    """
    return Document(root, environment, overlay).settings(target)


class Document:
    """The whole settings, read once; each target's are built from it.

    Attributes:
        file: the playbook.toml that was read, if any.
    """

    def __init__(
        self,
        root: Path | None = None,
        environment: Mapping[str, str] | None = None,
        overlay: Mapping[str, Any] | None = None,
    ) -> None:
        self._root = root
        self._environment = os.environ if environment is None else environment
        self._trusted = overlay is not None
        self.file = file = find_file(root or Path.cwd(), self._environment)
        merged = shipped_defaults()
        self._sets = frozenset(merged["floors"])  # every set has one in the defaults
        self._targets = dict.fromkeys(merged["targets"])
        self._groups: dict[str, tuple[str, ...]] = {}
        if file:
            own = read_toml(file)
            require_known_tables(own, file, _OVERRIDES)
            require_tables(own, file, _OVERRIDES)
            groups = own.pop(GROUPS, {})
            merged = merged_over(merged, own)
            self._targets |= dict.fromkeys(own.get("targets", {}))
            for each in self._targets:
                if not _TARGET.fullmatch(each):
                    raise UsageError(
                        f"{file}: targets: expected a name of letters, digits, . _ and -, got {each!r} "
                        "(reports are named after it)"
                    )
            _require_meant(own.get("targets", {}), shipped_defaults()["targets"], file)
            self._groups = groups_of(groups, self._targets, file)
        self._built: dict[str, Settings] = {}  # by what their target sets beside itself
        self._declared = merged
        self._merged = merged_over(merged, overlay) if overlay else merged

    @cached_property
    def _interpolated(self) -> dict[str, Any]:
        """Every target with its variables filled in. Their secrets are redacted from here on."""
        targets: dict[str, Any] = interpolate(self._merged["targets"], self._environment)
        # Including other targets' secrets: their variables are in the same environment, and a copy may contain
        # them.
        door.learn(text for path, text in texts_in(targets, "targets") if is_secret(path))
        door.learn(text for variable, text in self._environment.items() if holds_secret(variable, text))
        return targets

    @cached_property
    def _reached(self) -> dict[str, dict[str, str]]:
        return reached_in_production(self._interpolated)

    def names(self, words: Sequence[str] = ()) -> list[str]:
        """The targets that these words name (``group:NAME`` all of a group); by default the default target.

        Raises:
            UnknownTarget: there is no such target or group.
        """
        default = str(self._merged.get("default_target", SANDBOX))
        chosen = [word for word in words if word] or [self._environment.get(TARGET_VARIABLE) or default]
        names = names_in(chosen, self._groups, self.file or "playbook.toml")
        for name in (*names, default):
            if name not in self._targets:
                raise UnknownTarget(
                    f"unknown target {name!r}: expected one of {', '.join(sorted(self._targets))}"
                    f"{did_you_mean(name, self._targets)} (targets are set in {self.file or 'playbook.toml'})"
                )
        return names

    def require_matching(self, patterns: Iterable[str]) -> None:
        """UnknownTarget for a name or a pattern that matches no target."""
        for pattern in patterns:
            if not any(fnmatchcase(name, pattern) for name in self._targets):
                known = ", ".join(sorted(self._targets))
                raise UnknownTarget(
                    f"{pattern!r} matches no target: expected names or patterns of {known}"
                    f"{did_you_mean(pattern, self._targets)} (targets are set in {self.file or 'playbook.toml'})"
                )

    def settings_if_known(self, target: str) -> Settings | None:
        """The settings of one target; None if there is no target of this name."""
        try:
            return self.settings(target) if target else None
        except UnknownTarget:
            return None

    def settings(self, target: str | None) -> Settings:
        """The settings of one target, like ``load``."""
        names = self.names([target] if target else [])
        if len(names) > 1:
            word = target or self._environment.get(TARGET_VARIABLE)
            raise UsageError(f"expected one target, got {word}, which names {len(names)} targets")
        (name,) = names
        settings = self._build(name)
        # Without the overlay: the sandbox provides addresses for every part, including those declared absent.
        _require_whole_product(settings, self._declared["targets"][name], self._environment)
        there, loaded = shorn(settings.target, settings.load, settings.absent)
        return replace(settings, target=there, load=loaded, root=self._root)

    def _as_another(self, name: str) -> Settings | None:
        """Settings that differ from another target's in the target's own part alone; None where there are none.

        Nearly all of a thousand targets are like this. ``_build`` reports what is wrong with one.
        """
        raw, overrides = _split(self._merged["targets"][name])
        known = self._built.get(repr(overrides))
        if known is None:
            return None
        sources = dict(texts_in(raw, f"targets.{name}"))
        if not self._trusted and any(is_secret(at) and not VARIABLE.fullmatch(sources[at]) for at in sources):
            return None
        limits = merged_over(self._merged.get("limits", {}), overrides.get("limits", {}))
        folder = folder_of(self.file, self._root)
        filled: dict[str, Any] = {"name": name, **of_target(interpolate(raw, self._environment), folder)}
        fill_limits_of_sites(filled, limits, str(self.file or DEFAULTS))
        try:
            target = msgspec.convert(filled, Target, dec_hook=_decode)
        except msgspec.ValidationError:
            return None
        if any(mistakes(target, self._sets, "target")) or any(unmet_of_sites(target, known.limits)):
            return None
        notification_sources = {
            path: text for path, text in known.sources.items() if path.startswith(f"{NOTIFICATIONS}.")
        }
        return replace(known, target=target, sources=sources | notification_sources)

    def _build(self, name: str) -> Settings:
        settings = self._as_another(name)
        if settings is None:
            places = self.file, self._root
            settings = _build(name, self._merged, places, self._environment, self._sets, trusted=self._trusted)
            self._built.setdefault(repr(_split(self._merged["targets"][name])[1]), settings)
        return replace(settings, guarded=Guarded(self._reached, name))


def _require_meant(own: Mapping[str, Any], shipped: Iterable[str], file: Path) -> None:
    """Reject a misspelt name of a shipped target: what it sets would silently apply to nothing.

    Only a target of one's own has a kind, and without one it can never be chosen.
    """
    for name, table in own.items():
        meant = did_you_mean(name, shipped)
        if name not in shipped and "kind" not in table and meant:
            raise UsageError(f"{file}: targets.{name}.kind is missing, which a target of your own needs{meant}")


def _split(target: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """What a target says of itself, and what it sets of the tables that are not about one target."""
    raw = dict(target)
    return raw, {key: raw.pop(key) for key in _OVERRIDES if key in raw}


@with_lines
def load_all(
    words: Sequence[str],
    *,
    root: Path | None = None,
    environment: Mapping[str, str] | None = None,
    overlay: Mapping[str, Any] | None = None,
    shard: Shard | None = None,
) -> list[Settings]:
    """Settings of the targets that the words name, like ``load``; the file is read once.

    Args:
        shard: only this part of them.

    Raises:
        UsageError: one sentence on the first mistake found, in any of them, or that the part is empty.
    """
    document = Document(root, environment, overlay)
    names = document.names(words)
    mine = in_shard(names, shard) if shard else names
    if not mine:
        raise UsageError(f"--shard {shard}: expected at most as many parts as targets, got {len(names)} targets")
    return [document.settings(name) for name in mine]


@with_lines
def require_targets(patterns: Iterable[str], root: Path) -> None:
    """UnknownTarget for a name or a pattern that matches no target of the settings."""
    Document(root).require_matching(patterns)


@with_lines
def private_targets(names: Iterable[str], root: Path) -> frozenset[str]:
    """Which of the targets the settings call private; unknown targets are not."""
    wanted = [name for name in names if name]
    if not wanted:
        return frozenset()
    document = Document(root)
    return frozenset(name for name in wanted if is_private(document.settings_if_known(name)))


def _build(
    name: str,
    merged: dict[str, Any],
    places: tuple[Path | None, Path | None],
    environment: Mapping[str, str],
    sets: frozenset[str],
    *,
    trusted: bool,
) -> Settings:
    file, folder = places[0], folder_of(*places)
    where = str(file or DEFAULTS)
    raw, overrides = _split(merged["targets"][name])
    common = {key: value for key, value in merged.items() if key not in {"targets", "default_target"}}
    _require_of_one_target(common, where)
    common = merged_over(common, {key: value for key, value in overrides.items() if value})
    notifications = common.get(NOTIFICATIONS, {})
    sources = {**dict(texts_in(raw, f"targets.{name}")), **dict(texts_in(notifications, NOTIFICATIONS))}
    if not trusted:
        for path, text in sources.items():
            if is_secret(path) and not VARIABLE.fullmatch(text):
                variable = variable_for(path, shipped_defaults())
                raise UsageError(
                    f"{where}: {path} is a secret and must come from the environment, written as "
                    f'"${{{variable}}}"; never write it into the file'
                )
    people = texts_in(common.get("people", {}), "people")
    for path, text in (*sources.items(), *people):
        if not trusted and looks_like_variable(text):
            raise UsageError(
                f'{where}: {path}: expected a variable as "${{NAME}}", in capital letters, got {text!r}, '
                "which would be taken as it is"
            )
    common[NOTIFICATIONS] = interpolate(notifications, environment)
    common["people"] = interpolate(common.get("people", {}), environment)
    shared_limits = common.get("limits", {})
    paths = {key: f"targets.{name}.limits.{key}" for key in overrides.get("limits", {})}
    common["limits"] = limits_from(shared_limits, where, paths)
    common = in_common(common, folder)
    common["target"] = {"name": name, **of_target(interpolate(raw, environment), folder)}
    fill_limits_of_sites(common["target"], shared_limits, where)
    try:
        settings = msgspec.convert(common, Settings, dec_hook=_decode)
    except msgspec.ValidationError as error:
        raise UsageError(sentence(error, where, name, Settings, raw=common, own=overrides)) from None
    for mistake in mistakes(settings, sets):
        path = _full(mistake.path, name, overrides)
        raise UsageError(f"{where}: {path}{from_variable(sources.get(path, ''))}: {mistake.text}")
    require_valid(settings.schedule, where)
    settings = replace(settings, file=file, sources=sources)
    for mistake in unmet(settings, sets):
        raise UsageError(f"{where}: {_full(mistake.path, name, overrides)}: {mistake.text}")
    return settings


def _full(path: str, target: str, overrides: Mapping[str, Any]) -> str:
    """The path as the file has it: of the target, or of a table that the target overrides."""
    path = re.sub(r"^target(?=\.)", f"targets.{target}", path)
    return f"targets.{target}.{path}" if _has_path(overrides, path) else path


def _require_of_one_target(common: Mapping[str, Any], where: str) -> None:
    """Permissions must be set for each target individually."""
    load = common.get("load")
    for key in OF_ONE_TARGET:
        if isinstance(load, Mapping) and key in load:
            raise UsageError(f"{where}: load.{key} is set by each target for itself, under [targets.NAME.load]")


def _require_whole_product(
    settings: Settings, declared: Mapping[str, Any], environment: Mapping[str, str]
) -> None:
    """Parts declared absent must exist, and must have no settings."""
    where = f"{settings.file or DEFAULTS}: targets.{settings.target.name}"
    for text in unknown_parts(settings.target.without):
        raise UsageError(f"{where}.{WITHOUT}: {text}")
    for part, path in contradictions(settings.target.without, interpolate(declared, environment)):
        full = f"targets.{settings.target.name}.{path}"
        raise UsageError(
            f"{where}.{WITHOUT}: expected no settings of what is not part of the product, got {part!r} and "
            f"{full}{from_variable(settings.sources.get(full, ''))}; take one of the two away"
        )


def _has_path(table: Any, path: str) -> bool:
    """Whether a dotted path exists; keys may contain dots, and a list holds whatever the rest names."""
    if not path or isinstance(table, list):
        return True
    return isinstance(table, Mapping) and any(
        _has_path(inside, path[len(key) + 1 :])
        for key, inside in table.items()
        if f"{path}.".startswith(f"{key}.")
    )


def _decode(kind: type, value: Any) -> Any:
    if kind is Secret:
        if not isinstance(value, str):
            raise TypeError(f"Expected `str`, got `{type(value).__name__}`")
        return Secret(value)
    raise NotImplementedError(kind)

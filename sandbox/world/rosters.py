"""The on-call roster of the sandbox's team, and its TOML form."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import datetime, time, timedelta
from typing import Any

Roster = dict[str, Any]


def healthy_roster(now: datetime) -> Roster:
    """Three people in weekly rotation, a manager, and the platform's support."""
    monday = (now - timedelta(days=70 + now.weekday())).date()
    starts = datetime.combine(monday, time(9))  # local time of the roster
    return {
        "time_zone": "Europe/Berlin",
        "people": {
            "ada": _person("Ada Novak", "Platform engineer", "+49 30 5550 0101"),
            "ben": _person("Ben Okafor", "Backend engineer", "+44 20 5550 0102"),
            "chiara": _person("Chiara Rossi", "Site reliability engineer", "+39 06 5550 0103"),
            "diego": _person("Diego Marin", "Engineering manager", "+34 91 5550 0104"),
        },
        "contacts": {
            "digitalocean": {"name": "DigitalOcean support", "url": "https://cloud.digitalocean.com/support"},
        },
        "rotations": {
            "primary": {"starts": starts, "every_days": 7, "people": ["ada", "ben", "chiara"]},
            "secondary": {"starts": starts, "every_days": 7, "people": ["ben", "chiara", "ada"]},
        },
        "shifts": [],
        "escalation": {
            "P1": {"call": ["primary", "secondary", "diego", "digitalocean"], "answer_minutes": 15},
            "P2": {"call": ["primary", "secondary", "diego"], "answer_minutes": 60, "next_after_minutes": 30},
            "P3": {"call": ["primary", "secondary"], "answer_minutes": 240, "next_after_minutes": 120},
            "P4": {"call": ["primary"]},
        },
    }


def _person(name: str, role: str, phone: str) -> dict[str, str]:
    first = name.partition(" ")[0].lower()
    return {"name": name, "role": role, "email": f"{first}@portfolio.example", "phone": phone}


def toml(table: Mapping[str, Any]) -> str:
    """The table as TOML: plain values first, then tables and lists of tables."""
    return "\n".join(_lines(table, "")) + "\n"


def _lines(table: Mapping[str, Any], path: str) -> Iterator[str]:
    for key, value in table.items():
        if not _is_table(value):
            yield f"{key} = {_value(value)}"
    for key, value in table.items():
        if isinstance(value, dict):
            yield f"\n[{path}{key}]"
            yield from _lines(value, f"{path}{key}.")
        elif _is_table(value):
            for inner in value:
                yield f"\n[[{path}{key}]]"
                yield from _lines(inner, f"{path}{key}.")


def _is_table(value: Any) -> bool:
    return isinstance(value, dict) or (isinstance(value, list) and bool(value) and isinstance(value[0], dict))


def _value(value: Any) -> str:
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds")
    return json.dumps(value, ensure_ascii=False)  # strings, numbers and lists are written as in JSON

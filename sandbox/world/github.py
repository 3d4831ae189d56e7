"""State of the organisation at GitHub."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal


@dataclass
class Member:
    """A member of the organisation.

    Attributes:
        by_text: the second factor is a code in a text message.
        pushed: days since the last push or merge; None if there was none in the last year.
    """

    login: str
    owner: bool = False
    second_factor: bool = True
    by_text: bool = False
    pushed: float | None = 3.0


@dataclass
class Alert:
    """An open Dependabot alert."""

    package: str
    severity: Literal["low", "medium", "high", "critical"]
    summary: str
    patched: str
    advisory: str
    days: float = 4.0


@dataclass
class GitHubState:
    """GitHub's contents; healthy by default, edited by faults.

    Attributes:
        default_permission: what every member may do with every repository.
        dependencies: number of dependencies in the manifests that GitHub has read.
        owners_token: the token belongs to an owner; only owners see who lacks a second factor.
        invited: login and role of people with a pending invitation.
        missing: permissions that the token lacks: ``members``, ``invitations``, ``activity``, ``alerts``.
        cut: listings whose last page cannot be reached: ``outside_collaborators``.
    """

    now: datetime
    answer: Literal["normal", "unauthorized", "throttled", "server-error", "garbage"] = "normal"
    members: list[Member] = field(default_factory=list)
    collaborators: list[Member] = field(default_factory=list)
    invited: list[tuple[str, str]] = field(default_factory=list)
    alerts: list[Alert] = field(default_factory=list)
    dependencies: int = 7
    two_factor_required: bool = True
    default_permission: str = "read"
    owners_token: bool = True
    missing: set[str] = field(default_factory=set)
    cut: set[str] = field(default_factory=set)

    @classmethod
    def healthy(cls, now: datetime) -> GitHubState:
        """Three active people, two of them owners."""
        members = [
            Member("ada-novak", owner=True, pushed=1.2),
            Member("ben-okafor", owner=True, pushed=6.5),
            Member("chiara-rossi", pushed=16.0),
        ]
        return cls(now, members=members)

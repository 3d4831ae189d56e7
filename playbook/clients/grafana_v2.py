"""Dashboards that Grafana 12 and later store in the schema v2, which the old API refuses with HTTP 406.

The refusal names the address that has it. https://grafana.com/docs/grafana/latest/developers/http_api/dashboard/
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote

import msgspec

_ADDRESS = re.compile(r"/(apis/dashboard\.grafana\.app/v2\w*/namespaces/[\w-]+/dashboards/([^\s/?#]+))")


class _Refused(msgspec.Struct):
    message: str = ""


class _Named(msgspec.Struct):
    """A data source by its uid, which is called a name; until v2alpha1 also as ``uid`` and ``type``."""

    name: str = ""
    uid: str = ""
    type: str = ""


class _Query(msgspec.Struct):
    kind: str = ""
    group: str = ""
    datasource: _Named | None = None


class _PanelQuerySpec(msgspec.Struct):
    query: _Query
    datasource: _Named | None = None


class _PanelQuery(msgspec.Struct):
    spec: _PanelQuerySpec


class _QueryGroupSpec(msgspec.Struct):
    queries: list[_PanelQuery] = []


class _QueryGroup(msgspec.Struct):
    spec: _QueryGroupSpec


class _ElementSpec(msgspec.Struct):
    data: _QueryGroup | None = None


class _Element(msgspec.Struct):
    """A panel, or a panel of the library, whose queries are elsewhere."""

    spec: _ElementSpec


class _VariableSpec(msgspec.Struct):
    name: str = ""
    current: Any = None


class _Variable(msgspec.Struct):
    spec: _VariableSpec


class _Spec(msgspec.Struct):
    elements: dict[str, _Element]
    variables: list[_Variable] = []


class Resource(msgspec.Struct):
    """A dashboard in the schema v2, as far as it is read."""

    spec: _Spec

    @property
    def as_v1(self) -> dict[str, Any]:
        """Panels with their data sources, and variables, as the schema before it has them."""
        variables = [one.spec for one in self.spec.variables if isinstance(one.spec.current, dict)]
        return {
            "panels": [_panel(one.spec) for one in self.spec.elements.values()],
            "templating": {"list": [{"name": one.name, "current": one.current} for one in variables]},
        }


def address_of(refusal: bytes, uid: str) -> str:
    """Path of the dashboard with this uid, by the old API's refusal; empty where it names none."""
    try:
        found = _ADDRESS.search(msgspec.json.decode(refusal, type=_Refused).message)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return ""
    return found[1] if found and found[2] in {uid, quote(uid, safe="")} else ""


def _panel(spec: _ElementSpec) -> dict[str, Any]:
    queries = spec.data.spec.queries if spec.data else []
    return {"type": "panel", "targets": [{"datasource": _source(one.spec)} for one in queries]}


def _source(spec: _PanelQuerySpec) -> dict[str, str] | None:
    """``type`` and ``uid``; None for the default data source."""
    named = spec.query.datasource or spec.datasource
    uid = (named.name or named.uid) if named else ""
    kind = spec.query.group or (named.type if named else "")
    return {"type": kind, "uid": uid} if uid else None

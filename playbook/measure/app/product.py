"""Parts of the product as the platform shows them, compared with the parts in the settings.

A part declared absent that does exist would not be checked.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from playbook.clients.answer import Answer
from playbook.clients.digitalocean import DigitalOceanApi
from playbook.clients.digitalocean_account import DigitalOceanAccount
from playbook.clients.digitalocean_spec import Spec
from playbook.clients.http import HttpClient
from playbook.clients.web import website
from playbook.core.coverage import Coverage, lacking, unread, whole
from playbook.core.engine import measurement
from playbook.core.errors import NotConfigured, Unmeasured
from playbook.core.evidence import Evidence, Facts, Table
from playbook.core.wording import plural
from playbook.settings.model import Settings

_REDIS = frozenset({"REDIS", "VALKEY"})
_OF_REDIS = re.compile(r"(?:^|_)(?:REDIS|VALKEY)(?:_|$)", re.IGNORECASE)
_MANAGED = ".db.ondigitalocean.com"
_NODE = "node-js"
_ABSENT = (404, 410)
_METHOD_NOT_ALLOWED = 405  # something exists there, but wants another method
_REDIRECTS = 3
_LARGEST = 64 * 1024  # bytes of a response


@dataclass(frozen=True, slots=True)
class Shown:
    """Result of looking for a part in one place: the place, and what was found there (empty if nothing)."""

    part: str
    where: str
    found: str = ""


@dataclass(frozen=True, slots=True)
class Product:
    """Traces of parts declared absent, and components named in the settings.

    Attributes:
        components: names of the app's components.
        named: role and name of each component that the settings name.
        looked: where the absent parts were looked for.
        asked: what could not be determined about them.
    """

    app: str
    components: tuple[str, ...]
    named: tuple[tuple[str, str], ...]
    looked: tuple[Shown, ...]
    asked: Coverage

    @property
    def coverage(self) -> Coverage:
        """The app's spec; the other sources only show whether parts exist."""
        count = len(self.components)
        return whole(plural(count, "component"))

    @property
    def shown(self) -> tuple[Shown, ...]:
        """Findings of parts declared absent."""
        return tuple(one for one in self.looked if one.found)

    @property
    def found(self) -> str:
        """``redis: VALKEY database cache; images: component image-optimizer``."""
        return "; ".join(f"{one.part}: {one.found}" for one in self.shown) or "none of them"

    @property
    def unknown_names(self) -> tuple[tuple[str, str], ...]:
        """Names in the settings that no component has."""
        return tuple((role, name) for role, name in self.named if name not in self.components)

    @property
    def found_names(self) -> str:
        """Configured names that no component has, and the existing names."""
        missing = ", ".join(f"no {name} ({role})" for role, name in self.unknown_names)
        return f"{missing} among {', '.join(self.components) or 'none'}" if missing else "each of them"

    def evidence(self) -> list[Evidence]:
        """The components, and a row for each place that was searched."""
        names = dict(self.named)
        facts = {"App": self.app, "Components": ", ".join(self.components) or "none"}
        facts |= {f"Called {role} in the settings": name for role, name in names.items()}
        rows = [[one.part, one.where, one.found or "nothing"] for one in self.looked]
        shown: list[Evidence] = [Facts("The product", facts)]
        return [*shown, Table("Parts declared absent", ["Part", "Looked at", "Found"], rows)] if rows else shown


@measurement
def product(
    digitalocean: DigitalOceanApi, digitalocean_account: DigitalOceanAccount, settings: Settings
) -> Product:
    """Component names, and what the platform shows of parts declared absent."""
    spec, absent = digitalocean.app().spec, settings.absent
    own = settings.target.components
    names = {"web": own.web}
    if "images" not in absent:
        names |= {"optimizer": own.optimizer} | ({} if "worker" in absent else {"worker": own.worker})
    looked, asked = list(_in_spec(spec, settings)), Coverage()
    for question in (_endpoints, _clusters, _other_apps):
        try:
            for one in question(digitalocean_account, spec, settings):
                if isinstance(one, Shown):
                    looked.append(one)
                else:
                    asked += one
        except NotConfigured:
            continue
        except Unmeasured as error:  # earlier findings are kept
            what = "to look for what is not part of the product"
            asked += unread(error, what)
    components = tuple(one.name for one in spec.components)
    return Product(spec.name, components, tuple(names.items()), tuple(looked), asked)


def _in_spec(spec: Spec, settings: Settings) -> Iterator[Shown]:
    """What the app's spec shows of absent parts."""
    own, absent = settings.target.components, settings.absent
    where = "the app's spec"
    names = [one.name for one in spec.components]
    if "services" in absent:
        yield Shown("services", where, _listed("component", [one.name for one in spec.running]))
    if "images" in absent:
        yield Shown(
            "images", where, _listed("component", [one for one in names if one in {own.optimizer, own.worker}])
        )
    if "worker" in absent:
        yield Shown("worker", where, _listed("worker", [one.name for one in spec.workers]))
    if "redis" in absent:
        databases = [f"{one.engine} {one.name}" for one in spec.databases if one.engine.upper() in _REDIS]
        keys = [one.key for part in (spec, *spec.components) for one in part.envs if _OF_REDIS.search(one.key)]
        found = filter(None, (_listed("database", databases), _listed("variable", list(dict.fromkeys(keys)))))
        yield Shown("redis", where, ", ".join(found))
    if "databases" in absent:
        # A Redis is one of them, and is shown as such where it is not absent by itself.
        others = [one for one in spec.databases if one.engine.upper() not in _REDIS or "redis" not in absent]
        managed = [f"{one.engine} {one.name}" for one in others if one.production or one.cluster_name]
        yield Shown("databases", where, _listed("managed database", managed))
        yield Shown("databases", "redis.url", "a Redis of DigitalOcean" if _is_managed(settings) else "")
    if "npm" in absent:
        node = [one.name for one in spec.components if one.environment_slug == _NODE]
        yield Shown("npm", where, _listed("Node.js component", node))
    if "github" in absent:
        built = dict.fromkeys(str(one.github) for one in spec.components if one.github and str(one.github))
        yield Shown("github", where, f"what is built from {', '.join(built)}" if built else "")


def _is_managed(settings: Settings) -> bool:
    """Whether the Redis of the settings is one that DigitalOcean manages, by its host."""
    url = settings.target.redis.url
    host = urlsplit(url.reveal()).hostname if url else None
    return f".{host or ''}".lower().rstrip(".").endswith(_MANAGED)


def _listed(kind: str, names: list[str]) -> str:
    return f"{kind}{'s' if len(names) > 1 else ''} {', '.join(names)}" if names else ""


Found = Iterator[Shown | Coverage]


def _endpoints(account: DigitalOceanAccount, spec: Spec, settings: Settings) -> Found:
    """Whether the website responds at the paths of an absent part."""
    web, absent = settings.target.web, settings.absent
    paths = [("images", web.image_health_path), ("images", web.optimize_path)] if "images" in absent else []
    paths += [("api", web.health_path)] if "api" in absent else []
    for part, path in paths:
        there, unclear = _at(website(settings), path)
        yield Shown(part, path, there)
        if unclear:
            hint = f"Open {path}, and see what answers."
            yield lacking("", expected=f"{path} to be there or not", got=unclear, hint=hint)


def _at(client: HttpClient, path: str) -> tuple[str, str]:
    """What was found, and why it could not be determined; both empty where nothing is there."""
    answer: Answer = client.get(path, redirects=_REDIRECTS, max_body=_LARGEST, cut=True)
    kind = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
    if answer.status in _ABSENT or (answer.status < 300 and kind == "text/html"):
        return "", ""  # a single-page app returns its page for every path
    if answer.status < 300 or answer.status == _METHOD_NOT_ALLOWED:
        return f"HTTP {answer.status} from {path}", ""
    return "", f"HTTP {answer.status} from {path}"


def _clusters(account: DigitalOceanAccount, spec: Spec, settings: Settings) -> Found:
    """Managed clusters that trust this app; others may belong to other products.

    One of Redis or Valkey without trusted sources is open to everybody, so it may be this app's.
    """
    absent = settings.absent
    for cluster in account.clusters() if absent & {"redis", "databases"} else ():
        is_redis = cluster.engine.upper() in _REDIS
        part = "redis" if is_redis and "redis" in absent else "databases"
        if part in absent:
            rules = account.api.trusted_sources(cluster.id)
            lets_in = ("app", account.api.app_id) in {(rule.get("type"), rule.get("value")) for rule in rules}
            if not rules and part == "redis":
                yield lacking(
                    "",
                    expected=f"the trusted sources of the cluster {cluster.name}",
                    got="none: everybody may connect, and it may belong to this app",
                    hint=f"Add trusted sources to {cluster.name}.",
                )
            yield Shown(part, f"who may connect to {cluster.name}", f"cluster {cluster.name}" if lets_in else "")


def _other_apps(account: DigitalOceanAccount, spec: Spec, settings: Settings) -> Found:
    """Other apps built from the same repository, or run from the same images, as a staging system is."""
    if "staging" in settings.absent:
        own = {one.repository for one in spec.components} - {""}
        if not own:
            yield lacking(
                "",
                expected=f"a repository or an image in the spec of {spec.name}, which other apps may share",
                got="none",
            )
        listing = account.apps()
        others = [
            app.spec.name
            for app in listing
            if app.id != account.api.app_id and own & {one.repository for one in app.spec.components}
        ]
        yield Shown("staging", "the account's apps", _listed("app", others))
        yield listing.coverage

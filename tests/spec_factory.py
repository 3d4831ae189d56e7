"""The DigitalOcean API of an app with these components, or one that fails."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from types import SimpleNamespace
from typing import Any

from playbook.clients.digitalocean_spec import ComponentSpec, Spec
from playbook.clients.digitalocean_types import App
from playbook.core.errors import NotConfigured, Unreachable

NO_PLATFORM = NotConfigured("DigitalOcean is not configured", setting="digitalocean.token", add="token = …")
AWAY = Unreachable("DigitalOcean: expected an answer, got none", service="DigitalOcean")


def platform(components: Iterable[str] | Exception) -> Callable[..., Any]:
    """What stands in for the client; a component whose name starts with ``nap`` may be scaled to zero."""

    def client(_settings: object) -> Any:
        if isinstance(components, Exception):
            raise components
        workers = [
            ComponentSpec(name=name, autoscaling={"min_instance_count": 0} if name.startswith("nap") else None)
            for name in components
        ]
        return SimpleNamespace(app=lambda: App("a", spec=Spec("portfolio", workers=workers)))

    return client

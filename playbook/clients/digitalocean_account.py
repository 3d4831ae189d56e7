"""The account at DigitalOcean: costs, SSH keys, firewalls and instance prices."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar

import msgspec

from playbook.clients.digitalocean import DigitalOceanApi
from playbook.clients.digitalocean_types import App, Moment
from playbook.clients.listing import Listing
from playbook.core.engine import client

T = TypeVar("T")


class _Message(msgspec.Struct, frozen=True, kw_only=True):
    pass


class Balance(_Message, frozen=True):
    """Dollars. ``account_balance`` is the amount owed from earlier months; below zero it is a credit."""

    month_to_date_usage: float
    month_to_date_balance: float
    account_balance: float
    generated_at: Moment | None = None


Period = Annotated[str, msgspec.Meta(pattern=r"^\d{4}-(0[1-9]|1[0-2])$")]


class Invoice(_Message, frozen=True, kw_only=True):
    """A month's bill, in dollars; ``invoice_period`` is e.g. ``2026-10``."""

    invoice_uuid: str = ""
    amount: float
    invoice_period: Period
    updated_at: Moment | None = None


class Charge(_Message, frozen=True):
    """What one product cost, in dollars."""

    name: str
    amount: float


class Charges(_Message, frozen=True):
    """What the products cost; ``amount`` is their sum."""

    amount: float
    items: list[Charge] | None = None


class InvoiceSummary(_Message, frozen=True):
    """An invoice by product, with overages and taxes."""

    product_charges: Charges
    overages: Charge | None = None
    taxes: Charge | None = None


class InstanceSize(_Message, frozen=True):
    """A size of App Platform. ``single_instance_only`` sizes cannot be scaled out."""

    slug: str
    cpu_type: str = ""
    cpus: float = 0.0
    memory_bytes: int = 0
    usd_per_month: float = 0.0
    single_instance_only: bool = False
    deprecation_intent: bool = False


class Team(_Message, frozen=True):
    """The team that the token belongs to."""

    name: str = ""


class Account(_Message, frozen=True):
    """The account; ``status`` is active, warning or locked; ``email_verified`` is None if not stated."""

    email: str = ""
    email_verified: bool | None = None
    status: str = ""
    status_message: str = ""
    team: Team = Team()


class SshKey(_Message, frozen=True):
    """A public key; the API has no date for it."""

    id: int
    name: str = ""
    fingerprint: str = ""
    public_key: str = ""


class InboundRule(_Message, frozen=True):
    """One inbound rule. ``ports`` is ``22``, ``8000-9000``, or ``0`` or ``all`` for every port.

    Attributes:
        sources: permitted sources, as lists: addresses, droplet_ids, load_balancer_uids, kubernetes_ids, tags.
    """

    protocol: str = ""
    ports: str = ""
    sources: dict[str, Any] = {}


class Change(_Message, frozen=True):
    """A pending change: a droplet being added to or removed from a firewall."""

    status: str = ""


class Firewall(_Message, frozen=True):
    """A cloud firewall; it covers droplets, not App Platform.

    Attributes:
        status: waiting, succeeded or failed.
        inbound_rules: None if the answer omits them; empty blocks all inbound traffic.
        droplet_ids, tags: what it covers; None if the token lacks the scope ``droplet:read`` or ``tag:read``.
    """

    name: str = ""
    status: str = ""
    inbound_rules: list[InboundRule] | None = None
    droplet_ids: list[int] | None = None
    tags: list[str] | None = None
    pending_changes: list[Change] = []


class Cluster(_Message, frozen=True):
    """A managed database; its connection, which contains the password, is not read."""

    id: str
    name: str = ""
    engine: str = ""


@client
def digitalocean_account(digitalocean: DigitalOceanApi) -> DigitalOceanAccount:
    """The account behind the token, read-only."""
    return DigitalOceanAccount(digitalocean)


@dataclass(frozen=True)
class DigitalOceanAccount:
    """What the suite reads of the account. Every method raises what ``DigitalOceanApi.read`` does."""

    api: DigitalOceanApi

    def balance(self) -> Balance:
        """Costs of the current month so far."""
        what = "the balance"
        return self.api.parse(Balance, self.api.read(what, "billing:read", lambda api: api.balance.get()), what)

    def invoices(self) -> Listing[Invoice]:
        """Every invoice, newest first."""
        return self._all(Invoice, "the invoices", "billing:read", "invoices", lambda api: api.invoices)

    def invoice_preview(self) -> Invoice | None:
        """The current month's invoice so far; None if the API shows none."""
        what = "the preview of this month's invoice"
        body = self.api.read(what, "billing:read", lambda api: api.invoices.list(page=1, per_page=1))
        self.api.inside(body, "invoices", what)
        return self.api.parse(Invoice | None, body.get("invoice_preview"), what)  # type: ignore[arg-type]

    def invoice_summary(self, uuid: str) -> InvoiceSummary:
        """One bill by product."""
        what = "the summary of an invoice"
        body = self.api.read(what, "billing:read", lambda api: api.invoices.get_summary_by_uuid(uuid))
        return self.api.parse(InvoiceSummary, body, what)

    def instance_sizes(self) -> list[InstanceSize]:
        """Every size that App Platform offers, with its price."""
        what = "the instance sizes"
        body = self.api.read(what, "app:read", lambda api: api.apps.list_instance_sizes())
        return self.api.parse(list[InstanceSize], self.api.inside(body, "instance_sizes", what), what)

    def account(self) -> Account:
        """Status and e-mail address of the account."""
        what = "the account"
        body = self.api.read(what, "account:read", lambda api: api.account.get())
        return self.api.parse(Account, self.api.inside(body, "account", what), what)

    def apps(self) -> Listing[App]:
        """Every app that the token may see."""
        return self._all(App, "the apps", "app:read", "apps", lambda api: api.apps)

    def clusters(self) -> list[Cluster]:
        """Every database cluster."""
        what = "the database clusters"
        body = self.api.read(what, "database:read", lambda api: api.databases.list_clusters())
        # For an account without clusters the API sends null, which was removed.
        return self.api.parse(list[Cluster], self.api.inside(body, "databases", what) if body else [], what)

    def ssh_keys(self) -> Listing[SshKey]:
        """Every public key of the account."""
        return self._all(SshKey, "the SSH keys", "ssh_key:read", "ssh_keys", lambda api: api.ssh_keys)

    def firewalls(self) -> Listing[Firewall]:
        """Every cloud firewall."""
        return self._all(Firewall, "the cloud firewalls", "firewall:read", "firewalls", lambda api: api.firewalls)

    def _all(self, kind: type[T], what: str, scope: str, key: str, group: Callable[[Any], Any]) -> Listing[T]:
        """Every item of a listing of a group of operations, page by page."""
        listing = self.api.collect(
            what, scope, key, lambda api, page, size: group(api).list(page=page, per_page=size)
        )
        return Listing(self.api.parse(list[kind], listing, what), listing.coverage)  # type: ignore[valid-type]

"""What the DigitalOcean API says of the account as a whole: money, keys, firewalls, and what instances cost."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import msgspec

from playbook.clients.digitalocean import DigitalOceanApi
from playbook.engine import client


class _Message(msgspec.Struct, frozen=True, kw_only=True):
    pass


class Balance(_Message, frozen=True):
    """Dollars. ``account_balance`` is what is owed from earlier months, and below zero a credit."""

    month_to_date_usage: float
    month_to_date_balance: float
    account_balance: float
    generated_at: datetime | None = None


class Invoice(_Message, frozen=True, kw_only=True):
    """A month's bill, in dollars; ``invoice_period`` is e.g. ``2026-10``."""

    invoice_uuid: str = ""
    amount: float
    invoice_period: str
    updated_at: datetime | None = None


class Invoices(_Message, frozen=True):
    """The newest bills, newest first, and what the running month has come to."""

    invoices: list[Invoice] = []
    invoice_preview: Invoice | None = None


class Charge(_Message, frozen=True):
    """What one product cost, in dollars."""

    name: str
    amount: float


class Charges(_Message, frozen=True):
    """What the products cost; ``amount`` is their sum."""

    amount: float = 0.0
    items: list[Charge] = []


class InvoiceSummary(_Message, frozen=True):
    """A bill by product; overages, taxes and credits beside them."""

    product_charges: Charges = Charges()
    overages: Charge | None = None
    taxes: Charge | None = None
    credits_and_adjustments: Charge | None = None


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
    """The account; ``status`` is active, warning or locked."""

    email: str = ""
    email_verified: bool = False
    status: str = ""
    status_message: str = ""
    team: Team = Team()


class SshKey(_Message, frozen=True):
    """A public key; the API knows no date of it."""

    id: int
    name: str = ""
    fingerprint: str = ""
    public_key: str = ""


class Sources(_Message, frozen=True):
    """Who may come in, besides droplets, tags and balancers of the account."""

    addresses: list[str] = []


class InboundRule(_Message, frozen=True):
    """One opening. ``ports`` is ``22``, ``8000-9000``, or ``0`` and ``all`` for every port."""

    protocol: str = ""
    ports: str = ""
    sources: Sources = Sources()


class Firewall(_Message, frozen=True):
    """A cloud firewall; it covers droplets, not App Platform."""

    name: str = ""
    status: str = ""
    inbound_rules: list[InboundRule] = []
    droplet_ids: list[int] = []
    tags: list[str] = []


@client
def digitalocean_account(digitalocean: DigitalOceanApi) -> DigitalOceanAccount:
    """The account behind the token, read-only."""
    return DigitalOceanAccount(digitalocean)


@dataclass(frozen=True)
class DigitalOceanAccount:
    """What the suite reads of the account. Every method raises what ``DigitalOceanApi.read`` does."""

    api: DigitalOceanApi

    def balance(self) -> Balance:
        """What the running month has cost so far."""
        what = "the balance"
        return self.api.parse(Balance, self.api.read(what, "billing:read", lambda api: api.balance.get()), what)

    def invoices(self, newest: int) -> Invoices:
        """The ``newest`` bills, at most 200, and the preview of this month's."""
        what = "the invoices"
        body = self.api.read(what, "billing:read", lambda api: api.invoices.list(page=1, per_page=newest))
        return self.api.parse(Invoices, body, what)

    def invoice_summary(self, uuid: str) -> InvoiceSummary:
        """One bill by product."""
        what = "the summary of an invoice"
        body = self.api.read(what, "billing:read", lambda api: api.invoices.get_summary_by_uuid(uuid))
        return self.api.parse(InvoiceSummary, body, what)

    def instance_sizes(self) -> list[InstanceSize]:
        """Every size that App Platform offers, with its price."""
        what = "the instance sizes"
        body = self.api.read(what, "app:read", lambda api: api.apps.list_instance_sizes())
        return self.api.parse(list[InstanceSize], body.get("instance_sizes"), what)

    def account(self) -> Account:
        """Status and e-mail address of the account."""
        what = "the account"
        body = self.api.read(what, "account:read", lambda api: api.account.get())
        return self.api.parse(Account, body.get("account"), what)

    def ssh_keys(self) -> list[SshKey]:
        """Every public key of the account."""
        what = "the SSH keys"
        listed = self.api.collect(
            what, "ssh_key:read", "ssh_keys", lambda api, page, size: api.ssh_keys.list(page=page, per_page=size)
        )
        return self.api.parse(list[SshKey], listed, what)

    def firewalls(self) -> list[Firewall]:
        """Every cloud firewall."""
        what = "the cloud firewalls"
        listed = self.api.collect(
            what,
            "firewall:read",
            "firewalls",
            lambda api, page, size: api.firewalls.list(page=page, per_page=size),
        )
        return self.api.parse(list[Firewall], listed, what)

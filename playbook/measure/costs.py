"""What the DigitalOcean account costs: this month so far and to its end, the last bills, and what grew."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise

from playbook.clients.digitalocean_account import DigitalOceanAccount, Invoice, InvoiceSummary
from playbook.clients.digitalocean_transport import SERVICE
from playbook.clock import Clock
from playbook.engine import measurement
from playbook.errors import Malformed, NotConfigured, TooLittleData
from playbook.evidence import Evidence, Facts, Table
from playbook.limits import Reading
from playbook.measure.words import moment
from playbook.settings import Settings


def month_of(at: datetime, months_before: int = 0) -> str:
    """A calendar month as bills name it: ``2026-10``."""
    index = at.year * 12 + at.month - 1 - months_before
    return f"{index // 12}-{index % 12 + 1:02}"


def elapsed(at: datetime) -> tuple[float, int]:
    """Days of the month that have passed (UTC), and how many it has."""
    at = at.astimezone(UTC)
    return at.day - 1 + (at.hour + at.minute / 60) / 24, monthrange(at.year, at.month)[1]


@dataclass(frozen=True, slots=True)
class Bills:
    """The newest bills and what the running month has come to. Dollars.

    Attributes:
        month: the running month, e.g. ``2026-11``.
        last_month: the month before it.
        used: of the running month, up to ``used_at``.
        owed: from earlier months; below zero it is a credit.
        invoices: newest first, without the running month.
        shown: how many of them are shown.
        budget: a month.
        project_after: days of a month from which on its usage is projected to its end.
    """

    month: str
    last_month: str
    used: float
    used_at: datetime
    owed: float
    invoices: tuple[Invoice, ...]
    shown: int
    budget: float
    project_after: float

    @property
    def projected(self) -> float | None:
        """What the running month will have cost at its end if it goes on like this; None where it is too young."""
        days, of = elapsed(self.used_at)
        return self.used / days * of if days >= max(self.project_after, 0.5) else None

    @property
    def cost_of_month(self) -> Reading:
        """Percent of the budget: the projection, or what has been used where that alone is more.

        In a month too young to be projected it is the last one's bill.

        Raises:
            TooLittleData: the month is too young, and there is no bill of the last one.
        """
        projected = self.projected
        if projected is None:
            if self._share(self.used) <= 100:
                return self.cost_of_last_month
            return Reading(
                self._share(self.used), over=f"{self.month} (${self.used:,.2f} of {self._budget} so far)"
            )
        days, of = elapsed(self.used_at)
        return Reading(
            self._share(projected),
            over=f"{self.month} (${projected:,.2f} of {self._budget}, projected from ${self.used:,.2f} "
            f"in {days:.1f} of {of} days)",
        )

    @property
    def cost_of_last_month(self) -> Reading:
        """Percent of the budget that the last full month has cost.

        Raises:
            TooLittleData: there is no bill of it.
        """
        bill = next((invoice for invoice in self.invoices if invoice.invoice_period == self.last_month), None)
        if bill is None:
            newest = f"the newest is of {self.invoices[0].invoice_period}" if self.invoices else "there is none"
            raise TooLittleData(
                f"{SERVICE}: expected the invoice of {self.last_month}, got none: {newest}",
                service=SERVICE,
                hint="Invoices are made in the first days of a month; an account that is younger has none.",
            )
        return Reading(
            self._share(bill.amount), over=f"{bill.invoice_period} (${bill.amount:,.2f} of {self._budget})"
        )

    def evidence(self) -> list[Evidence]:
        """Budget and balance, and a row for each bill."""
        projected = self.projected
        facts = {
            "Budget": f"{self._budget} a month",
            f"{self.month} so far": f"${self.used:,.2f}, as of {moment(self.used_at)}",
            "Projected to its end": f"${projected:,.2f}"
            if projected is not None
            else f"not in the first {self.project_after:g} days",
            "Owed from earlier months": f"${self.owed:,.2f}" if self.owed > 0 else "nothing",
            "Credit": f"${-self.owed:,.2f}" if self.owed < 0 else "none",
        }
        rows = []
        for number, invoice in enumerate(self.invoices[: self.shown]):
            before = self.invoices[number + 1] if number + 1 < len(self.invoices) else None
            change = f"{invoice.amount - before.amount:+,.2f}" if before else ""
            rows.append(
                [invoice.invoice_period, f"${invoice.amount:,.2f}", change, f"{self._share(invoice.amount):.0f} %"]
            )
        columns = ["Month", "Amount", "Against the month before", "Of the budget"]
        return [Facts("Costs", facts), Table("Invoices", columns, rows)]

    @property
    def _budget(self) -> str:
        return f"${self.budget:,.2f}"

    def _share(self, dollars: float) -> float:
        return round(100 * dollars / self.budget, 1)


@measurement
def bills(digitalocean_account: DigitalOceanAccount, settings: Settings, clock: Clock) -> Bills:
    """Month to date, balance and the newest invoices, against the budget."""
    budget = settings.target.costs.monthly_budget_usd
    if not budget or budget <= 0:
        name = settings.target.name
        setting = f"targets.{name}.costs.monthly_budget_usd"
        raise NotConfigured(
            f"The budget is not configured for the target {name}: {setting} is not set",
            setting=setting,
            add=f"to playbook.toml, in dollars:\n[targets.{name}.costs]\nmonthly_budget_usd = 150.0",
        )
    balance = digitalocean_account.balance()
    listed = digitalocean_account.invoices(settings.cost_review.months + 1)
    at = balance.generated_at or clock.now()
    return Bills(
        month=month_of(at),
        last_month=month_of(at, 1),
        used=balance.month_to_date_usage,
        used_at=at,
        owed=balance.account_balance,
        invoices=tuple(listed.invoices),
        shown=settings.cost_review.months,
        budget=budget,
        project_after=settings.cost_review.project_after_days,
    )


@dataclass(frozen=True, slots=True)
class Change:
    """What one product, or everything, costs in a month against the one before. Dollars.

    Attributes:
        reading: growth in percent.
    """

    name: str
    before: float
    after: float
    months: str
    reading: Reading


@dataclass(frozen=True, slots=True)
class CostTrend:
    """What grew. At least one comparison.

    Attributes:
        changes: everything and each product worth judging; the most grown first, a product before the sum.
        table: a row for each product: name and dollars a month, as many as there are ``months``.
        left_out: what could not be compared, and why.
    """

    months: tuple[str, ...]
    table: tuple[tuple[str, tuple[float, ...]], ...]
    changes: tuple[Change, ...]
    left_out: tuple[str, ...] = ()

    def evidence(self) -> list[Evidence]:
        """What each product cost in each month."""
        rows = [[name, *(f"${dollars:,.2f}" for dollars in costs)] for name, costs in self.table]
        found: list[Evidence] = [Table("Costs by product", ["Product", *self.months], rows)]
        if self.left_out:
            found.append(Facts("Not compared", dict(enumerate_texts(self.left_out))))
        return found


def enumerate_texts(texts: tuple[str, ...]) -> list[tuple[str, str]]:
    """The texts with their numbers."""
    return [(str(number), text) for number, text in enumerate(texts, 1)]


TOTAL = "everything"


@measurement
def cost_trend(bills: Bills, digitalocean_account: DigitalOceanAccount, settings: Settings) -> CostTrend:
    """The last full month against the one before, and this one, projected, against the last; by product."""
    review = settings.cost_review
    by_month = {invoice.invoice_period: invoice for invoice in bills.invoices}
    before = month_of(_first_day(bills.last_month), 1)
    full = [period for period in (before, bills.last_month) if period in by_month]
    if len(full) < 2:
        raise TooLittleData(
            f"{SERVICE}: expected the invoices of {before} and {bills.last_month} to compare, "
            f"got {' and '.join(full) or 'none of them'}",
            service=SERVICE,
            hint="An account needs two full months before there is a trend.",
        )
    columns = [
        (period, _products(digitalocean_account.invoice_summary(by_month[period].invoice_uuid))) for period in full
    ]
    left_out: list[str] = []
    preview = _preview(bills, digitalocean_account, left_out)
    if preview:
        columns.append((f"{bills.month}, projected", preview))
    changes = [
        change for earlier, later in pairwise(columns) for change in _changes(earlier, later, review.least_usd)
    ]
    names = dict.fromkeys(name for _, products in columns for name in products)
    return CostTrend(
        months=tuple(name for name, _ in columns),
        table=tuple((name, tuple(products.get(name, 0.0) for _, products in columns)) for name in names),
        changes=tuple(sorted(changes, key=lambda change: (-change.reading.value, change.name == TOTAL))),
        left_out=tuple(left_out),
    )


def _preview(bills: Bills, account: DigitalOceanAccount, left_out: list[str]) -> dict[str, float]:
    """The running month by product, projected to its end; nothing where that cannot be said."""
    listed = account.invoices(1).invoice_preview
    at = (listed.updated_at if listed else None) or bills.used_at
    days, of = elapsed(at)
    if listed is None or not listed.invoice_uuid:
        left_out.append(f"{bills.month}: the API shows no preview of its invoice")
    elif days < max(bills.project_after, 0.5):
        left_out.append(f"{bills.month}: too young to be projected ({days:.1f} days)")
    else:
        try:
            products = _products(account.invoice_summary(listed.invoice_uuid))
        except Malformed as error:
            left_out.append(f"{bills.month}: no summary of the preview: {error}")
        else:
            return {name: dollars / days * of for name, dollars in products.items()}
    return {}


def _products(summary: InvoiceSummary) -> dict[str, float]:
    """Dollars by product, everything first; overages count as a product, taxes and credits do not."""
    products = {charge.name: charge.amount for charge in summary.product_charges.items}
    if summary.overages and summary.overages.amount:
        products["Overages"] = summary.overages.amount
    return {TOTAL: sum(products.values()), **products}


def _changes(
    earlier: tuple[str, dict[str, float]], later: tuple[str, dict[str, float]], least: float
) -> list[Change]:
    """Everything, and each product that costs enough to be worth a look. A new one has grown by all it costs."""
    found = []
    for name, after in later[1].items():
        before = earlier[1].get(name, 0.0)
        if max(before, after) < least and name != TOTAL:
            continue
        percent = 100 * (after - before) / before if before > 0 else (100.0 if after > 0 else 0.0)
        months = f"{earlier[0]} → {later[0]}"
        over = f"{months} (${before:,.2f} → ${after:,.2f})"
        found.append(Change(name, before, after, months, Reading(round(percent, 1), over=over)))
    return found


def _first_day(period: str) -> datetime:
    year, month = map(int, period.split("-"))
    return datetime(year, month, 1, tzinfo=UTC)

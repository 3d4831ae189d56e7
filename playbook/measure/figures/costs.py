"""Costs of the DigitalOcean account: this month so far and projected, and the last bills."""

from __future__ import annotations

import math
from calendar import monthrange
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import msgspec

from playbook.clients.digitalocean_account import Balance, DigitalOceanAccount, Invoice
from playbook.clients.listing import Listing
from playbook.core.clock import Clock
from playbook.core.coverage import Coverage, lacking
from playbook.core.engine import measurement
from playbook.core.errors import NotConfigured, Unmeasured
from playbook.core.evidence import Evidence, Facts, Table
from playbook.core.limits import Reading
from playbook.core.wording import moment
from playbook.measure.known import those_read
from playbook.settings.model import Settings

CENT = 0.01
# The balance is updated daily; clocks differ.
STALE_DAYS, AHEAD_DAYS = 2.0, 0.1


def month_of(at: datetime, months_before: int = 0) -> str:
    """A calendar month in the format of invoices: ``2026-10``."""
    index = at.year * 12 + at.month - 1 - months_before
    return f"{index // 12}-{index % 12 + 1:02}"


def elapsed(at: datetime) -> tuple[float, int]:
    """Days of the month that have passed (UTC), and the length of the month."""
    at = at.astimezone(UTC)
    return at.day - 1 + (at.hour + at.minute / 60) / 24, monthrange(at.year, at.month)[1]


def elapsed_of(month: str, at: datetime) -> tuple[float, int]:
    """As ``elapsed``, for a preview of this month, which is whole in the first hours of the next one."""
    days, of = elapsed(at)
    if month_of(at) == month:
        return days, of
    of = monthrange(*map(int, month.split("-")))[1]
    return float(of) if month_of(at) > month else 0.0, of


@dataclass(frozen=True, slots=True)
class Bills:
    """The newest bills and the usage of the running month. Dollars.

    Attributes:
        month: the running month, e.g. ``2026-11``.
        last_month: the month before it.
        used: of the running month, up to ``used_at``.
        owed: from earlier months; negative is a credit.
        invoices: newest first, without the running month.
        charges: products, overages and taxes of the last month before credits; None where the summary of its
            invoice is not known, for the reason in ``missing``.
        previewed: the last month's invoice is not made yet, and its preview stands in for it.
        listing: coverage of the listing of invoices.
        read_at: when this was read.
        shown: number of invoices to show.
        budget: a month.
        project_after: days of a month after which its usage is projected to its end.
        paid_after: days of a month after which nothing may be owed from earlier months.
        balance: why the balance could not be read; enough where it was. ``used`` and ``owed`` are 0 without it.
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
    read_at: datetime
    charges: float | None = None
    missing: str = ""
    paid_after: float = 15.0
    previewed: bool = False
    listing: Coverage = Coverage()  # noqa: RUF009 - frozen
    used_is_dated: bool = True
    balance: Coverage = Coverage()  # noqa: RUF009 - frozen

    @property
    def coverage(self) -> Coverage:
        """Whether every invoice was listed, and the balance is recent."""
        if not self.balance.enough:
            return self.listing + self.balance
        if self._is_elsewhere:
            billed = f"${self.by_month[self.last_month]:,.2f} in {self.last_month}"
            return self.listing + lacking(
                "",
                expected=f"usage of {self.month}, as there were {billed}",
                got=f"${self.used:,.2f}",
                hint="Is the usage of this team billed elsewhere, as to an organisation or a reseller?",
            )
        if not self.used_is_dated:
            return self.listing + lacking(
                "",
                expected="when the balance was made",
                got="none",
                hint="Compare the figure with the console, under Billing.",
            )
        age = (self.read_at - self.used_at).total_seconds() / 86_400
        if -AHEAD_DAYS <= age <= STALE_DAYS:
            return self.listing
        got = f"one of {moment(self.used_at)}"
        return self.listing + lacking(
            "",
            expected=f"a balance of the last {STALE_DAYS:g} days",
            got=got,
            hint="Look at the usage in the console, under Billing; the API usually renews its own every day.",
        )

    @property
    def _is_elsewhere(self) -> bool:
        """Whether nothing at all was used in many days of a month, after one that was billed."""
        late = elapsed(self.used_at)[0] >= max(self.project_after, 0.5)
        return late and self.used < CENT and self.by_month.get(self.last_month, 0.0) >= CENT

    @property
    def by_month(self) -> dict[str, float]:
        """Dollars by month; a month may have more than one bill."""
        months: dict[str, float] = {}
        for invoice in self.invoices:
            months[invoice.invoice_period] = months.get(invoice.invoice_period, 0.0) + invoice.amount
        return months

    @property
    def projected(self) -> float | None:
        """Projected cost of the whole running month; None where it is too early in the month."""
        days, of = elapsed(self.used_at)
        return self.used / days * of if days >= max(self.project_after, 0.5) else None

    @property
    def cost_of_month(self) -> Reading:
        """Percent of the budget: the projection, or the usage where that alone is over the budget.

        Too early in the month for a projection, it is the bill of the last month. NaN without a balance.
        """
        if not self.balance.enough:
            return Reading(math.nan, self.month, self.balance)
        projected = self.projected
        if projected is None:
            if self._share(self.used) <= 100:
                return self.cost_of_last_month
            return Reading(
                self._share(self.used), over=f"({self.month}: ${self.used:,.2f} of {self._budget} so far)"
            )
        days, of = elapsed(self.used_at)
        return Reading(
            self._share(projected),
            over=f"({self.month}: ${projected:,.2f} of {self._budget}, projected from ${self.used:,.2f} "
            f"in {days:.1f} of {of} days)",
        )

    @property
    def cost_of_last_month(self) -> Reading:
        """Cost of the last full month in percent of the budget, before credits; NaN where there is no bill."""
        billed = self.by_month.get(self.last_month)
        if billed is None and not self.listing.enough:
            return Reading(math.nan, self.last_month, self.listing)
        if billed is None:
            newest = f"the newest is of {max(self.by_month)}" if self.by_month else "there is none"
            hint = "Invoices are made in the first days of a month; an account that is younger has none."
            return Reading(
                math.nan,
                self.last_month,
                lacking("", expected=f"the invoice of {self.last_month}", got=f"none: {newest}", hint=hint),
            )
        cost = max(billed, self.charges or 0.0)
        return Reading(
            self._share(cost),
            f"({self.last_month}: ${cost:,.2f} of {self._budget}"
            + (", by the preview of its invoice)" if self.previewed else ")"),
            lacking("", expected="what the invoice comes to before credits", got=self.missing)
            if self.missing
            else Coverage(),
        )

    @property
    def overdue(self) -> str:
        """What is owed from earlier months although DigitalOcean has charged it; empty where nothing is."""
        is_due = elapsed(self.used_at)[0] >= self.paid_after
        return f"${self.owed:,.2f} owed" if is_due and self.owed >= CENT else ""

    def evidence(self) -> list[Evidence]:
        """Budget and balance, and a row for each bill."""
        projected = self.projected
        facts = {"Budget": f"{self._budget} a month"}
        facts |= (
            {"Balance": f"not read: {self.balance.got}"}
            if not self.balance.enough
            else {
                f"{self.month} so far": f"${self.used:,.2f}, as of {moment(self.used_at)}",
                "Projected to its end": f"${projected:,.2f}"
                if projected is not None
                else f"not in the first {self.project_after:g} days",
                "Owed from earlier months": f"${self.owed:,.2f}" if self.owed > 0 else "nothing",
                "Credit": f"${-self.owed:,.2f}" if self.owed < 0 else "none",
            }
        )
        rows = []
        months = sorted(self.by_month.items(), reverse=True)
        for number, (month, amount) in enumerate(months[: self.shown]):
            before = months[number + 1][1] if number + 1 < len(months) else None
            change = f"{amount - before:+,.2f}" if before is not None else ""
            shown = f"{month} (preview)" if self.previewed and month == self.last_month else month
            rows.append([shown, f"${amount:,.2f}", change, f"{self._share(amount):.0f} %"])
        columns = ["Month", "Amount", "Against the month before", "Of the budget"]
        return [Facts("Costs", facts), Table("Invoices", columns, rows)]

    @property
    def _budget(self) -> str:
        return f"${self.budget:,.2f}"

    def _share(self, dollars: float) -> float:
        return round(100 * dollars / self.budget, 1)


@measurement
def bills(digitalocean_account: DigitalOceanAccount, settings: Settings, clock: Clock) -> Bills:
    """Month to date, balance and the newest invoices, compared with the budget."""
    budget = settings.target.costs.monthly_budget_usd
    if not budget or budget <= 0:
        name = settings.target.name
        setting = f"targets.{name}.costs.monthly_budget_usd"
        raise NotConfigured(
            f"The budget is not configured for the target {name}: {setting} is not set",
            setting=setting,
            add=f"to playbook.toml, in dollars:\n[targets.{name}.costs]\nmonthly_budget_usd = 150.0",
        )
    now = clock.now()
    # Neither hides what the other shows.
    asks = {"the balance": digitalocean_account.balance, "the invoices": digitalocean_account.invoices}
    told, lacks = those_read(asks)
    balance = told.get("the balance", Balance(0.0, 0.0, 0.0, now))
    listed = told.get("the invoices", Listing((), lacks))
    at = balance.generated_at or now
    last_month, invoices = month_of(now, 1), list(listed)
    if last_month not in {one.invoice_period for one in listed}:
        invoices += _not_made_yet(digitalocean_account, last_month, now, settings.cost_review.project_after_days)
    charges, missing = _charges(
        digitalocean_account, [one for one in invoices if one.invoice_period == last_month]
    )
    return Bills(
        month=month_of(at),
        last_month=last_month,
        used=balance.month_to_date_usage,
        used_at=at,
        used_is_dated=balance.generated_at is not None,
        owed=balance.account_balance,
        invoices=tuple(sorted(invoices, key=lambda invoice: invoice.invoice_period, reverse=True)),
        shown=settings.cost_review.months,
        budget=budget,
        project_after=settings.cost_review.project_after_days,
        read_at=now,
        charges=charges,
        missing=missing,
        paid_after=settings.cost_review.paid_after_days,
        previewed=len(invoices) > len(listed),
        listing=listed.coverage,
        balance=Coverage() if "the balance" in told else lacks,
    )


def _not_made_yet(account: DigitalOceanAccount, month: str, now: datetime, days: float) -> list[Invoice]:
    """The preview of a month that has just ended, projected to its end; none after so many days of the next month.

    DigitalOcean makes invoices on the first of a month, at no certain time, and their preview every day.
    """
    if elapsed(now)[0] >= days:
        return []
    try:
        preview = account.invoice_preview()
    except Unmeasured:
        return []
    if preview is None or not preview.invoice_uuid or preview.invoice_period != month:
        return []
    seen, of = elapsed_of(month, preview.updated_at or now)
    return [msgspec.structs.replace(preview, amount=preview.amount / seen * of)] if seen >= days else []


def _charges(account: DigitalOceanAccount, invoices: Sequence[Invoice]) -> tuple[float | None, str]:
    """Total of a month's invoices before credits, or why it is not known."""
    total = 0.0
    for invoice in invoices:
        try:
            summary = account.invoice_summary(invoice.invoice_uuid)
        except Unmeasured as error:
            return None, str(error)
        beside = (summary.overages, summary.taxes)
        total += summary.product_charges.amount + sum(charge.amount for charge in beside if charge)
    return (round(total, 2), "") if invoices else (None, "")

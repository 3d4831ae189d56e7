"""Growth of the costs of the DigitalOcean account, in total and by product."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise

from playbook.clients.digitalocean_account import DigitalOceanAccount, InvoiceSummary
from playbook.core.coverage import Coverage, lacking, unread, whole
from playbook.core.engine import measurement
from playbook.core.errors import Unmeasured
from playbook.core.evidence import Evidence, Facts, Table
from playbook.core.limits import Reading
from playbook.core.wording import moment
from playbook.measure.figures.costs import CENT, Bills, elapsed, elapsed_of, month_of
from playbook.settings.model import Settings


@dataclass(frozen=True, slots=True)
class Change:
    """Cost of one product, or of everything, in a month and in the month before. Dollars.

    Attributes:
        since: the earlier month.
        reading: growth in percent.
    """

    name: str
    before: float
    after: float
    since: str
    months: str
    reading: Reading


@dataclass(frozen=True, slots=True)
class CostTrend:
    """Growth of costs. At least one comparison.

    Attributes:
        changes: the total and each product worth judging; largest growth first, a product before the total.
        table: a row for each product: name and dollars a month, as many as there are ``months``.
        left_out: what could not be compared, and why.
    """

    months: tuple[str, ...]
    table: tuple[tuple[str, tuple[float, ...]], ...]
    changes: tuple[Change, ...]
    left_out: tuple[str, ...] = ()
    seen: Coverage = Coverage()  # noqa: RUF009 - frozen

    @property
    def coverage(self) -> Coverage:
        """Whether the invoices and their items are available, and the preview of the running month."""
        return self.seen

    @property
    def found(self) -> str:
        """The months, in words."""
        return " and ".join(self.months) or "none"

    def evidence(self) -> list[Evidence]:
        """Cost of each product in each month."""
        rows = [[name, *(f"${dollars:,.2f}" for dollars in costs)] for name, costs in self.table]
        found: list[Evidence] = [Table("Costs by product", ["Product", *self.months], rows)]
        if self.left_out:
            found.append(Facts("Not compared", dict(enumerate_texts(self.left_out))))
        return found


def enumerate_texts(texts: tuple[str, ...]) -> list[tuple[str, str]]:
    """The texts with their numbers."""
    return [(str(number), text) for number, text in enumerate(texts, 1)]


TOTAL = "everything"
_NAMED = 3
_AS_MUCH = 0.1  # part by which the cost of what has ended and of what has begun may differ


@measurement
def cost_trend(bills: Bills, digitalocean_account: DigitalOceanAccount, settings: Settings) -> CostTrend:
    """The last full month against the one before, and the projected running month against the last; by product."""
    review = settings.cost_review
    full = [month_of(_first_day(bills.last_month), 1), bills.last_month]
    missing = [month for month in full if month not in bills.by_month]
    columns: list[tuple[str, dict[str, float]]] = []
    seen, left_out = bills.coverage, []
    if missing:
        hint = "An account needs two full months before there is a trend."
        got = " and ".join(month for month in full if month not in missing) or "none of them"
        seen += lacking("", expected=f"the invoices of {full[0]} and {full[1]} to compare", got=got, hint=hint)
    for month in full:
        if month not in missing:
            products, lack = _month(bills, digitalocean_account, month)
            columns += [(month, products)] if products else []
            seen += lack
    preview, why, lack = _preview(bills, digitalocean_account)
    seen += lack
    left_out += [why] if why else []
    if preview and bills.last_month not in missing:
        columns.append((f"{bills.month}, projected", preview))
    changes = [
        change for earlier, later in pairwise(columns) for change in _changes(earlier, later, review.least_usd)
    ]
    first = min(bills.by_month, default="")
    if columns and columns[0][0] == first and any(one.before < one.after for one in changes if one.since == first):
        changes = [one for one in changes if one.since != first]
        seen += lacking(
            "",
            expected=f"the costs of the whole of {first} to compare",
            got="the first invoice of the account, perhaps of a part of that month",
            hint="An account needs two full months before there is a trend.",
        )
    names = dict.fromkeys(name for _, products in columns for name in products)
    return CostTrend(
        months=tuple(name for name, _ in columns),
        table=tuple((name, tuple(products.get(name, 0.0) for _, products in columns)) for name in names),
        changes=tuple(sorted(changes, key=lambda change: (-change.reading.value, change.name == TOTAL))),
        left_out=tuple(left_out),
        seen=seen + whole(f"{len(columns)} months compared"),
    )


def _month(bills: Bills, account: DigitalOceanAccount, month: str) -> tuple[dict[str, float], Coverage]:
    """Products of a month's invoices, and what is missing of them."""
    total: dict[str, float] = {}
    seen = Coverage()
    for invoice in (one for one in bills.invoices if one.invoice_period == month):
        try:
            products, lack = _products(account.invoice_summary(invoice.invoice_uuid), month)
        except Unmeasured as error:
            seen += unread(error, f"the summary of the invoice of {month}")
            continue
        seen += lack
        for name, dollars in products.items():
            total[name] = total.get(name, 0.0) + dollars
    return total, seen


def _preview(bills: Bills, account: DigitalOceanAccount) -> tuple[dict[str, float], str, Coverage]:
    """The running month by product, projected to its end; why it is left out, and what is missing."""
    days, of = elapsed(bills.used_at)
    if bills.month == bills.last_month:  # the balance is of its last evening
        days = 0.0
    if days < max(bills.project_after, 0.5):
        return {}, f"the running month: too young to be projected ({days:.1f} days)", Coverage()
    expected = f"the preview of {bills.month}'s invoice"
    try:
        preview = account.invoice_preview()
        if preview is None or not preview.invoice_uuid:
            return {}, f"{bills.month}: no preview", lacking("", expected=expected, got="none")
        if preview.invoice_period != bills.month:
            return {}, f"{bills.month}: no preview", lacking("", expected=expected, got=preview.invoice_period)
        days, of = elapsed_of(bills.month, preview.updated_at or bills.used_at)
        if days < bills.project_after:
            got = f"one of {moment(preview.updated_at)}"
            return {}, f"{bills.month}: an old preview", lacking("", expected=expected, got=got)
        products, lack = _products(account.invoice_summary(preview.invoice_uuid), bills.month)
    except Unmeasured as error:
        return {}, f"{bills.month}: {error}", unread(error, expected)
    return {name: dollars / max(days, 0.5) * of for name, dollars in products.items()}, "", lack


def _products(summary: InvoiceSummary, month: str) -> tuple[dict[str, float], Coverage]:
    """Dollars by product, the total first; overages count as a product, taxes and credits do not.

    An invoice without items, or whose items do not add up to its amount, does not show what grew.
    """
    charges = summary.product_charges
    products: dict[str, float] = {}
    for charge in charges.items or []:
        products[charge.name] = products.get(charge.name, 0.0) + charge.amount
    lack, listed = Coverage(), sum(products.values())
    if abs(listed - charges.amount) > CENT * (len(products) + 1):
        got = f"items of ${listed:,.2f}" if products else "no items"
        lack = lacking(
            "",
            expected=f"items of {month}'s ${charges.amount:,.2f}",
            got=got,
            hint="Look at the invoice in the console, under Billing.",
        )
        products = {}  # an unlisted product has not ended, nor is it new in the next month
    if summary.overages and summary.overages.amount:
        products["Overages"] = summary.overages.amount
    return {TOTAL: max(listed, charges.amount) + products.get("Overages", 0.0), **products}, lack


def _changes(
    earlier: tuple[str, dict[str, float]], later: tuple[str, dict[str, float]], least: float
) -> list[Change]:
    """The total and each product, above the minimum cost. A new product has grown by 100 %.

    Where others that cost as much have ended it has taken their place, as one that DigitalOcean has renamed.
    """
    found = []
    by_product = len(earlier[1]) > 1 and len(later[1]) > 1
    ended = {name: dollars for name, dollars in earlier[1].items() if name not in later[1] and dollars > 0}
    replaced = sum(ended.values())
    begun = sum(dollars for name, dollars in later[1].items() if not earlier[1].get(name))
    for name, after in later[1].items():
        before, place = earlier[1].get(name, 0.0), ""
        if max(before, after) < least or (name != TOTAL and not by_product):
            continue
        percent = 100 * (after - before) / before if before > 0 else (100.0 if after > 0 else 0.0)
        if not before and ended and abs(begun - replaced) <= _AS_MUCH * replaced:
            percent = 100 * (begun - replaced) / replaced
            place = f", in place of {', '.join(list(ended)[:_NAMED])}, ${replaced:,.2f}"
        months = f"{earlier[0]} → {later[0]}"
        over = f"({months}: ${before:,.2f} → ${after:,.2f}{place})"
        found.append(Change(name, before, after, earlier[0], months, Reading(round(percent, 1), over=over)))
    return found


def _first_day(period: str) -> datetime:
    year, month = map(int, period.split("-"))
    return datetime(year, month, 1, tzinfo=UTC)

"""Projection, budget and growth of costs."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, cast

import pytest

from playbook.clients.digitalocean_account import (
    Balance,
    Charge,
    Charges,
    DigitalOceanAccount,
    Invoice,
    InvoiceSummary,
)
from playbook.clients.listing import Listing
from playbook.core.clock import FixedClock
from playbook.core.coverage import whole
from playbook.core.errors import Denied, Malformed, NotConfigured
from playbook.measure.figures.cost_trend import CostTrend, cost_trend
from playbook.measure.figures.costs import Bills, bills, elapsed, month_of
from playbook.settings.loading import load
from playbook.settings.model import Settings
from tests.judged import check, judged

MIDDLE = datetime(2026, 6, 16, 0, 0, tzinfo=UTC)  # half of June has passed
PREVIEW = "preview"


class FakeAccount:
    """Bills by month; ``products`` holds the cost of each product."""

    def __init__(
        self,
        months: dict[str, dict[str, float]],
        at: datetime,
        *,
        summary_of_preview: bool = True,
        previewed_at: datetime | None = None,
    ) -> None:
        self.months, self.at, self.summary_of_preview = months, at, summary_of_preview
        self.running = month_of(at)
        self.billed: dict[str, float] = {}  # by month, where it is not the sum of the products
        self.cut: dict[str, list[str]] = {}  # by month, products missing from the summary
        self.has_preview = True
        self.previewed_at = previewed_at
        self.used: float | None = None

    def balance(self) -> Balance:
        used = sum(self.months[self.running].values()) if self.used is None else self.used
        return Balance(
            month_to_date_usage=used, month_to_date_balance=used, account_balance=0, generated_at=self.at
        )

    def invoices(self) -> Listing[Invoice]:
        full = [
            Invoice(
                invoice_uuid=month, amount=self.billed.get(month, sum(products.values())), invoice_period=month
            )
            for month, products in sorted(self.months.items())
            if month != self.running
        ]
        return Listing(full, whole(f"{len(full)} invoices"))

    def invoice_preview(self) -> Invoice | None:
        running, at = sum(self.months[self.running].values()), self.previewed_at or self.at
        preview = Invoice(invoice_uuid=PREVIEW, amount=running, invoice_period=self.running, updated_at=at)
        return preview if self.has_preview else None

    def invoice_summary(self, uuid: str) -> InvoiceSummary:
        if uuid == PREVIEW and not self.summary_of_preview:
            raise Malformed("HTTP 404", service="DigitalOcean API")
        month = self.running if uuid == PREVIEW else uuid
        products = self.months[month]
        shown = {name: amount for name, amount in products.items() if name not in self.cut.get(month, [])}
        items = [Charge(name=name, amount=amount) for name, amount in shown.items()]
        return InvoiceSummary(product_charges=Charges(amount=sum(products.values()), items=items or None))


def settings(budget: float | None = 100.0) -> Settings:
    costs = {"monthly_budget_usd": budget} if budget is not None else {}
    return load("x", environment={}, overlay={"targets": {"x": {"kind": "staging", "costs": costs}}})


def account(months: dict[str, dict[str, float]], at: datetime = MIDDLE, **more: Any) -> DigitalOceanAccount:
    return cast(DigitalOceanAccount, FakeAccount(months, at, **more))


def measured(months: dict[str, dict[str, float]], at: datetime = MIDDLE, **more: Any) -> tuple[Bills, CostTrend]:
    fake = account(months, at, **more)
    found = bills(fake, settings(), FixedClock(at))
    return found, cost_trend(found, fake, settings())


@pytest.fixture(autouse=True)
def _known_target(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    """``load`` knows the targets of defaults.toml and of playbook.toml."""
    file = tmp_path / "playbook.toml"
    file.write_text('[targets.x]\nkind = "staging"\n', encoding="utf-8")
    monkeypatch.chdir(tmp_path)


def test_month_is_projected_to_its_end():
    found = bills(account({"2026-06": {"App": 45.0}, "2026-05": {"App": 80.0}}), settings(), FixedClock(MIDDLE))
    assert found.projected == pytest.approx(90.0)
    assert found.cost_of_month.value == pytest.approx(90.0)
    assert found.cost_of_month.over == "(2026-06: $90.00 of $100.00, projected from $45.00 in 15.0 of 30 days)"
    assert found.cost_of_last_month.value == pytest.approx(80.0)


def test_early_month_is_not_projected():
    second = datetime(2026, 6, 2, tzinfo=UTC)
    found = bills(
        account({"2026-06": {"App": 9.0}, "2026-05": {"App": 80.0}}, second), settings(), FixedClock(second)
    )
    assert found.projected is None
    assert found.cost_of_month == found.cost_of_last_month


def test_early_month_over_the_budget_is_reported():
    second = datetime(2026, 6, 2, tzinfo=UTC)
    found = bills(
        account({"2026-06": {"App": 150.0}, "2026-05": {"App": 8.0}}, second), settings(), FixedClock(second)
    )
    assert found.cost_of_month.value == pytest.approx(150.0)


def test_missing_invoice_of_the_last_month_is_unknown():
    found = bills(account({"2026-06": {"App": 45.0}, "2026-04": {"App": 8.0}}), settings(), FixedClock(MIDDLE))
    verdict, message = judged(check("test_costs", "test_last_invoice_is_there_and_within_the_budget"), bills=found)
    assert str(verdict) == "UNKNOWN"
    assert message == "Last invoice: expected the invoice of 2026-05, got none: the newest is of 2026-04"


@pytest.mark.parametrize(
    ("day", "owed", "words"), [(3, 80.0, ""), (16, 80.0, "$80.00 owed"), (16, 0.0, ""), (16, -80.0, "")]
)
def test_unpaid_invoice_is_overdue_in_the_second_half_of_a_month(day, owed, words):
    """Before that DigitalOcean may not have charged it yet; a negative balance is a credit."""
    at = datetime(2026, 6, day, 12, tzinfo=UTC)
    fake = account({"2026-06": {"App": 9.0}, "2026-05": {"App": 80.0}}, at)
    found = replace(bills(fake, settings(), FixedClock(at)), owed=owed)
    assert found.overdue == words


@pytest.mark.parametrize("budget", [None, 0.0])
def test_missing_budget_is_not_configured(budget):
    with pytest.raises(NotConfigured) as caught:
        bills(account({"2026-06": {}}), settings(budget), FixedClock(MIDDLE))
    assert caught.value.setting == "targets.x.costs.monthly_budget_usd"
    assert "monthly_budget_usd = 150.0" in caught.value.add


def test_growth_by_product_is_listed_worst_first():
    _, trend = measured(
        {
            "2026-06": {"App": 50.0, "Spaces": 2.5},
            "2026-05": {"App": 60.0, "Spaces": 5.0, "Droplets": 6.0},
            "2026-04": {"App": 50.0, "Spaces": 4.0},
            "2026-03": {"App": 50.0},
        }
    )
    shown = [(change.name, change.months.split(" → ")[1], change.reading.value) for change in trend.changes]
    assert shown[0] == ("Droplets", "2026-05", 100.0)  # new
    assert ("App", "2026-06, projected", 66.7) in shown
    assert ("App", "2026-05", 20.0) in shown
    assert ("Spaces", "2026-05", 25.0) in shown
    assert trend.months == ("2026-04", "2026-05", "2026-06, projected")


def test_small_products_are_not_judged_individually():
    _, trend = measured(
        {"2026-06": {"App": 20.0}, "2026-05": {"App": 40.0, "Tiny": 4.0}, "2026-04": {"App": 40.0}}
    )
    assert "Tiny" not in {change.name for change in trend.changes}
    assert "Tiny" in {name for name, _ in trend.table}


def test_preview_without_a_summary_is_left_out_and_reported():
    _, trend = measured(
        {"2026-06": {"App": 20.0}, "2026-05": {"App": 40.0}, "2026-04": {"App": 40.0}}, summary_of_preview=False
    )
    assert trend.months == ("2026-04", "2026-05")
    assert trend.left_out == ("2026-06: HTTP 404",)
    assert verdict(trend) == "UNKNOWN"


def test_one_full_month_is_no_trend():
    _, trend = measured({"2026-06": {"App": 20.0}, "2026-05": {"App": 40.0}})
    assert trend.coverage.expected == "the invoices of 2026-04 and 2026-05 to compare"
    assert trend.coverage.got == "2026-05"
    assert verdict(trend) == "UNKNOWN"


STEADY = {"2026-06": {"App": 20.0}, "2026-05": {"App": 40.0}, "2026-04": {"App": 40.0}}


def verdict(trend: CostTrend) -> str:
    return str(judged(check("test_costs", "test_costs_do_not_jump"), cost_trend=trend)[0])


def seen(**over: Any) -> tuple[Bills, CostTrend]:
    """Steady months of an account with other responses."""
    fake = FakeAccount(STEADY, over.pop("at", MIDDLE))
    for name, value in over.items():
        setattr(fake, name, value)
    found = bills(cast(DigitalOceanAccount, fake), settings(), FixedClock(MIDDLE))
    return found, cost_trend(found, cast(DigitalOceanAccount, fake), settings())


def test_steady_costs_are_ok():
    assert verdict(seen()[1]) == "OK"


def test_growth_counts_with_little_other_evidence():
    months = {
        "2026-06": {"App": 20.0},
        "2026-05": {"App": 80.0},
        "2026-04": {"App": 40.0},
        "2026-03": {"App": 4.0},
    }
    assert verdict(measured(months, summary_of_preview=False)[1]) == "CRITICAL"


FULL = {"2026-06": {"App": 30.0}, "2026-05": {"App": 60.0}, "2026-04": {"App": 60.0}, "2026-03": {"App": 60.0}}


@pytest.mark.parametrize(
    ("changes", "wanted"),
    [
        ({}, "OK"),
        # An account that began on the 26th of April: the first invoice is of five days.
        ({"2026-04": {"App": 10.0}, "2026-03": {}}, "UNKNOWN"),
        ({"2026-04": {"App": 60.0}, "2026-03": {}}, "OK"),
        ({"2026-04": {"App": 1.0}, "2026-05": {"App": 2.0}, "2026-06": {"App": 1.0}}, "OK"),  # dollars
        # Renamed by DigitalOcean.
        ({"2026-04": {"App": 40.0, "Redis": 20.0}, "2026-05": {"App": 40.0, "Valkey": 21.0}, "2026-06": {}}, "OK"),
        (
            {"2026-04": {"App": 40.0, "Redis": 20.0}, "2026-05": {"App": 40.0, "GPU": 30.0}, "2026-06": {}},
            "CRITICAL",
        ),
        ({"2026-04": {"App": 10.0, "GPU": 90.0}, "2026-05": {"App": 10.0, "Droplets": 50.0}}, "CRITICAL"),
    ],
)
def test_growth_needs_whole_months_and_products_that_are_the_same(changes, wanted):
    """What is judged is that costs rise, not that an account begins or a product has another name."""
    months = {month: changes.get(month, products) for month, products in FULL.items()}
    months["2026-06"] = {name: dollars / 2 for name, dollars in months["2026-05"].items()}
    assert verdict(measured({month: of for month, of in months.items() if of})[1]) == wanted


FIRST = datetime(2026, 6, 1, 7, 41, tzinfo=UTC)
EVENING = datetime(2026, 5, 31, 22, tzinfo=UTC)


class OnTheFirst(FakeAccount):
    """Its balance is of this time; the last month's invoice may be there, and a preview of this month."""

    def __init__(self, balance_at: datetime, *, invoiced: bool, previewed: str, at: datetime) -> None:
        super().__init__({**FULL, "2026-06": {"App": 60.0}}, balance_at)
        self.invoiced, self.previewed, self.updated_at = invoiced, previewed, at
        self.running = "2026-06"

    def invoices(self) -> Listing[Invoice]:
        found = [one for one in super().invoices() if self.invoiced or one.invoice_period != "2026-05"]
        return Listing(found, whole(f"{len(found)} invoices"))

    def invoice_preview(self) -> Invoice:
        amount = 0.5 if self.previewed == "2026-06" else 60.0
        return Invoice(
            invoice_uuid=PREVIEW, amount=amount, invoice_period=self.previewed, updated_at=self.updated_at
        )

    def verdicts(self) -> list[str]:
        """Of the three checks."""
        fake = cast(DigitalOceanAccount, self)
        found = bills(fake, settings(), FixedClock(FIRST))
        names = ("test_month_stays_within_its_budget", "test_last_invoice_is_there_and_within_the_budget")
        shown = [str(judged(check("test_costs", name), bills=found)[0]) for name in names]
        return [*shown, verdict(cost_trend(found, fake, settings()))]


@pytest.mark.parametrize("balance_at", [EVENING, FIRST])
@pytest.mark.parametrize(
    ("invoiced", "previewed", "at", "wanted"),
    [
        (True, "2026-06", FIRST, "OK"),
        (True, "2026-05", EVENING, "OK"),
        (False, "2026-05", EVENING, "OK"),
        (False, "2026-05", datetime(2026, 6, 1, 2, tzinfo=UTC), "OK"),
        (False, "2026-05", datetime(2026, 5, 2, 2, tzinfo=UTC), "UNKNOWN"),
        (False, "2026-06", FIRST, "UNKNOWN"),
    ],
)
def test_preview_stands_in_for_an_invoice_that_is_not_made_yet(balance_at, invoiced, previewed, at, wanted):
    """On the first of a month, when the monthly run is; the balance may be of the evening before."""
    fake = OnTheFirst(balance_at, invoiced=invoiced, previewed=previewed, at=at)
    assert fake.verdicts()[1:] == [wanted, wanted]


@pytest.mark.parametrize("month", ["2026-04", "2026-05", "2026-06"])
def test_missing_items_are_unknown(month):
    assert verdict(seen(cut={month: ["App"]})[1]) == "UNKNOWN"


def test_missing_preview_is_unknown():
    assert verdict(seen(has_preview=False)[1]) == "UNKNOWN"


@pytest.mark.parametrize(
    ("over", "wanted"),
    [
        ({}, "OK"),
        ({"used": 300.0}, "CRITICAL"),
        ({"used": -5.0}, "UNKNOWN"),
        ({"used": float("nan")}, "UNKNOWN"),
        ({"used": float("inf")}, "UNKNOWN"),
        ({"at": datetime(2026, 6, 9, tzinfo=UTC)}, "UNKNOWN"),  # a balance of last week
        ({"at": datetime(2026, 6, 20, tzinfo=UTC)}, "UNKNOWN"),  # or of next week
    ],
)
def test_balance_verdicts(over, wanted):
    found, _ = seen(**over)
    assert str(judged(check("test_costs", "test_month_stays_within_its_budget"), bills=found)[0]) == wanted


def test_credits_do_not_hide_the_cost_of_a_month():
    """An invoice paid by credits has amount 0; its products do not."""
    fake = FakeAccount({**STEADY, "2026-05": {"App": 140.0}}, MIDDLE)
    fake.billed = {"2026-05": 0.0}
    found = bills(cast(DigitalOceanAccount, fake), settings(), FixedClock(MIDDLE))
    assert found.cost_of_last_month.value == pytest.approx(140.0)


def refused() -> Any:
    raise Denied("DigitalOcean API: expected the invoices, got HTTP 403", service="DigitalOcean API")


BALANCE = check("test_costs", "test_month_stays_within_its_budget")
INVOICES = check("test_costs", "test_last_invoice_is_there_and_within_the_budget")


@pytest.mark.parametrize(("used", "wanted"), [(90.0, "CRITICAL"), (20.0, "UNKNOWN")])
def test_running_month_counts_without_the_invoices(used, wanted):
    """By the middle of the month 90 of 100 dollars are used."""
    fake = FakeAccount({"2026-06": {"App": used}}, MIDDLE)
    fake.invoices = refused  # type: ignore[method-assign]
    found = bills(cast(DigitalOceanAccount, fake), settings(), FixedClock(MIDDLE))
    assert str(judged(BALANCE, bills=found)[0]) == wanted
    verdict, message = judged(INVOICES, bills=found)
    assert str(verdict) == "UNKNOWN"
    assert message == "Last invoice: expected the invoices, got nothing from the DigitalOcean API: HTTP 403"


@pytest.mark.parametrize(("billed", "wanted"), [(150.0, "CRITICAL"), (20.0, "UNKNOWN")])
def test_last_invoice_and_growth_count_without_the_balance(billed, wanted):
    months = {"2026-05": {"App": billed}, "2026-04": {"App": 19.0}, "2026-03": {"App": 19.0}}
    fake = FakeAccount({"2026-06": {"App": 1.0}, **months}, MIDDLE)
    fake.balance = refused  # type: ignore[method-assign]
    account = cast(DigitalOceanAccount, fake)
    found = bills(account, settings(), FixedClock(MIDDLE))
    assert str(judged(INVOICES, bills=found)[0]) == wanted
    assert str(judged(BALANCE, bills=found)[0]) == "UNKNOWN"
    assert verdict(cost_trend(found, account, settings())) == wanted
    assert found.evidence()[0].facts["Balance"].startswith("not read: ")  # type: ignore[union-attr]


def test_months_and_elapsed_days():
    assert month_of(datetime(2026, 1, 5, tzinfo=UTC), 1) == "2025-12"
    assert elapsed(datetime(2028, 2, 29, 12, tzinfo=UTC)) == (28.5, 29)


@pytest.mark.parametrize(
    ("at", "previewed_at", "wanted"),
    [
        (datetime(2026, 6, 30, 23, 50, tzinfo=UTC), datetime(2026, 7, 1, 0, 10, tzinfo=UTC), "OK"),
        (datetime(2026, 6, 16, tzinfo=UTC), datetime(2026, 6, 1, 2, tzinfo=UTC), "UNKNOWN"),
        (datetime(2026, 6, 16, tzinfo=UTC), datetime(2026, 5, 31, 2, tzinfo=UTC), "UNKNOWN"),
        (datetime(2026, 6, 16, tzinfo=UTC), datetime(2026, 6, 15, 2, tzinfo=UTC), "OK"),
    ],
    ids=["made-just-after-the-month", "made-on-its-first-day", "made-before-it", "of-yesterday"],
)
def test_preview_is_projected_from_its_own_time(at: datetime, previewed_at: datetime, wanted: str) -> None:
    """In the first hours of a month the last month's preview is whole, and not that of a few minutes."""
    share = 1.0 if at.day == 30 else 0.5
    mine = {"2026-06": {"App": 40 * share}, "2026-05": {"App": 40.0}, "2026-04": {"App": 40.0}}
    assert verdict(measured(mine, at, previewed_at=previewed_at)[1]) == wanted

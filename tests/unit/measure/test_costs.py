"""Projection, budget and growth."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, cast

import pytest

from playbook.clients.digitalocean_account import (
    Balance,
    Charge,
    Charges,
    DigitalOceanAccount,
    Invoice,
    Invoices,
    InvoiceSummary,
)
from playbook.clock import FixedClock
from playbook.errors import Malformed, NotConfigured, TooLittleData
from playbook.measure.costs import Bills, CostTrend, bills, cost_trend, elapsed, month_of
from playbook.settings import Settings, load

MIDDLE = datetime(2026, 6, 16, 0, 0, tzinfo=UTC)  # half of June has passed
PREVIEW = "preview"


class FakeAccount:
    """Bills by month; ``products`` is what each product cost then."""

    def __init__(
        self, months: dict[str, dict[str, float]], at: datetime, *, summary_of_preview: bool = True
    ) -> None:
        self.months, self.at, self.summary_of_preview = months, at, summary_of_preview
        self.running = month_of(at)

    def balance(self) -> Balance:
        used = sum(self.months[self.running].values())
        return Balance(
            month_to_date_usage=used, month_to_date_balance=used, account_balance=0, generated_at=self.at
        )

    def invoices(self, newest: int) -> Invoices:
        full = [
            Invoice(invoice_uuid=month, amount=sum(products.values()), invoice_period=month)
            for month, products in sorted(self.months.items(), reverse=True)
            if month != self.running
        ]
        running = sum(self.months[self.running].values())
        preview = Invoice(invoice_uuid=PREVIEW, amount=running, invoice_period=self.running, updated_at=self.at)
        return Invoices(invoices=full[:newest], invoice_preview=preview)

    def invoice_summary(self, uuid: str) -> InvoiceSummary:
        if uuid == PREVIEW and not self.summary_of_preview:
            raise Malformed("HTTP 404", service="DigitalOcean API")
        products = self.months[self.running if uuid == PREVIEW else uuid]
        items = [Charge(name=name, amount=amount) for name, amount in products.items()]
        return InvoiceSummary(product_charges=Charges(amount=sum(products.values()), items=items))


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


def test_the_month_is_projected_to_its_end():
    found = bills(account({"2026-06": {"App": 45.0}, "2026-05": {"App": 80.0}}), settings(), FixedClock(MIDDLE))
    assert found.projected == pytest.approx(90.0)
    assert found.cost_of_month.value == pytest.approx(90.0)
    assert found.cost_of_month.over == "2026-06 ($90.00 of $100.00, projected from $45.00 in 15.0 of 30 days)"
    assert found.cost_of_last_month.value == pytest.approx(80.0)


def test_a_young_month_is_not_projected():
    second = datetime(2026, 6, 2, tzinfo=UTC)
    found = bills(
        account({"2026-06": {"App": 9.0}, "2026-05": {"App": 80.0}}, second), settings(), FixedClock(second)
    )
    assert found.projected is None
    assert found.cost_of_month == found.cost_of_last_month


def test_a_young_month_that_has_used_up_the_budget_is_not_hidden():
    second = datetime(2026, 6, 2, tzinfo=UTC)
    found = bills(
        account({"2026-06": {"App": 150.0}, "2026-05": {"App": 8.0}}, second), settings(), FixedClock(second)
    )
    assert found.cost_of_month.value == pytest.approx(150.0)


def test_no_invoice_of_the_last_month_is_too_little():
    found = bills(account({"2026-06": {"App": 45.0}, "2026-04": {"App": 8.0}}), settings(), FixedClock(MIDDLE))
    with pytest.raises(
        TooLittleData, match=r"expected the invoice of 2026-05, got none: the newest is of 2026-04"
    ):
        _ = found.cost_of_last_month


@pytest.mark.parametrize("budget", [None, 0.0])
def test_without_a_budget_it_is_not_configured(budget):
    with pytest.raises(NotConfigured) as caught:
        bills(account({"2026-06": {}}), settings(budget), FixedClock(MIDDLE))
    assert caught.value.setting == "targets.x.costs.monthly_budget_usd"
    assert "monthly_budget_usd = 150.0" in caught.value.add


def test_growth_by_product_worst_first():
    _, trend = measured(
        {
            "2026-06": {"App": 50.0, "Spaces": 2.5},
            "2026-05": {"App": 60.0, "Spaces": 5.0, "Droplets": 6.0},
            "2026-04": {"App": 50.0, "Spaces": 4.0},
        }
    )
    shown = [(change.name, change.months.split(" → ")[1], change.reading.value) for change in trend.changes]
    assert shown[0] == ("Droplets", "2026-05", 100.0)  # new
    assert ("App", "2026-06, projected", 66.7) in shown
    assert ("App", "2026-05", 20.0) in shown
    assert ("Spaces", "2026-05", 25.0) in shown
    assert trend.months == ("2026-04", "2026-05", "2026-06, projected")


def test_small_products_are_not_judged_by_themselves():
    _, trend = measured(
        {"2026-06": {"App": 20.0}, "2026-05": {"App": 40.0, "Tiny": 4.0}, "2026-04": {"App": 40.0}}
    )
    assert "Tiny" not in {change.name for change in trend.changes}
    assert "Tiny" in {name for name, _ in trend.table}


def test_a_preview_without_summary_is_left_out_in_words():
    _, trend = measured(
        {"2026-06": {"App": 20.0}, "2026-05": {"App": 40.0}, "2026-04": {"App": 40.0}}, summary_of_preview=False
    )
    assert trend.months == ("2026-04", "2026-05")
    assert "no summary of the preview" in trend.left_out[0]


def test_one_full_month_is_no_trend():
    with pytest.raises(
        TooLittleData, match=r"expected the invoices of 2026-04 and 2026-05 to compare, got 2026-05"
    ):
        measured({"2026-06": {"App": 20.0}, "2026-05": {"App": 40.0}})


def test_months_and_days():
    assert month_of(datetime(2026, 1, 5, tzinfo=UTC), 1) == "2025-12"
    assert elapsed(datetime(2028, 2, 29, 12, tzinfo=UTC)) == (28.5, 29)

"""Balance and invoices: monthly cost of the components, from the first month to the current preview."""

from __future__ import annotations

from calendar import monthrange
from datetime import UTC, datetime, timedelta

from sandbox.app.answers import Call, Json, get, money, not_found, paged, stamp
from sandbox.products import OPTIMIZER, WEB
from sandbox.world.app import DigitalOceanState, Invoice
from sandbox.world.app_history import identifier

VALKEY, SPACES, REGISTRY = 15.0, 5.0, 5.0
# The app began with one instance of each component; these were added after this many months.
SECOND_WEB, SECOND_OPTIMIZER = 4, 9


@get("/v2/customers/my/balance", "billing:read")
def get_balance(call: Call) -> Json:
    usage = _preview(call).amount
    return {
        "month_to_date_balance": money(usage - call.state.credit),
        "account_balance": money(0 - call.state.credit),
        "month_to_date_usage": money(usage),
        "generated_at": stamp(call.now - call.state.balance_age),
    }


@get("/v2/customers/my/invoices", "billing:read")
def list_invoices(call: Call) -> Json:
    preview = _preview(call)
    page = paged(call, "invoices", [_short(invoice) for invoice in _invoices(call)])
    if "invoice preview" in call.state.left_out:
        return page
    return {**page, "invoice_preview": {**_short(preview), "updated_at": stamp(call.now)}}


@get("/v2/customers/my/invoices/{invoice_uuid}", "billing:read")
def get_invoice(call: Call) -> Json:
    invoice = _wanted(call)
    year, month = map(int, invoice.period.split("-"))
    start = datetime(year, month, 1, tzinfo=UTC)
    days = monthrange(year, month)[1]
    items = [
        {
            "product": product,
            "resource_uuid": identifier(description),
            "group_description": call.state.app_name if product == "App Platform" else "",
            "description": description,
            "amount": money(dollars),
            "duration": str(days * 24),
            "duration_unit": "Hours",
            "start_time": stamp(start),
            "end_time": stamp(start + timedelta(days=days)),
            "project_name": call.state.app_name,
        }
        for product, description, dollars in invoice.items
    ]
    return paged(call, "invoice_items", items)


@get("/v2/customers/my/invoices/{invoice_uuid}/summary", "billing:read")
def get_summary(call: Call) -> Json:
    invoice = _wanted(call)
    products: dict[str, list[float]] = {}
    for product, _, dollars in invoice.items:
        products.setdefault(product, []).append(dollars)
    created = stamp(call.state.created_at)
    return {
        "invoice_uuid": invoice.uuid,
        "invoice_id": invoice.number,
        "billing_period": invoice.period,
        "amount": money(invoice.amount),
        "user_name": "Portfolio",
        "user_billing_address": {
            "city": "Example",
            "country_iso2_code": "DE",
            "created_at": created,
            "updated_at": created,
        },
        "user_company": "Portfolio",
        "user_email": "ops@portfolio.example",
        "product_charges": {
            "name": "Product usage charges",
            "amount": money(invoice.amount),
            "items": [
                {"name": product, "amount": money(sum(amounts)), "count": str(len(amounts))}
                for product, amounts in products.items()
                if "invoice items" not in call.state.left_out
            ],
        },
        "overages": {"name": "Overages", "amount": money(0)},
        "taxes": {"name": "Taxes", "amount": money(0)},
        "credits_and_adjustments": {"name": "Credits & adjustments", "amount": money(0)},
    }


def _wanted(call: Call) -> Invoice:
    for invoice in (*_invoices(call), _preview(call)):
        if invoice.uuid == call.path["invoice_uuid"]:
            return invoice
    raise not_found()


def _short(invoice: Invoice) -> Json:
    return {
        "invoice_uuid": invoice.uuid,
        "invoice_id": invoice.number,
        "amount": money(invoice.amount),
        "invoice_period": invoice.period,
    }


def _invoices(call: Call) -> list[Invoice]:
    """Full months since the app was created, newest first; the first month counts in part."""
    return [_invoice(call.state, call.now, age) for age in range(1, _months(call) + 1)]


def _preview(call: Call) -> Invoice:
    return _invoice(call.state, call.now, 0)


def _months(call: Call) -> int:
    """Calendar months between the app's creation and now."""
    created = call.state.created_at
    return (call.now.year - created.year) * 12 + call.now.month - created.month


def _invoice(state: DigitalOceanState, now: datetime, age: int) -> Invoice:
    """The invoice of the month ``age`` months ago; 0 is the current month so far."""
    index = now.year * 12 + now.month - 1 - age
    year, month = index // 12, index % 12 + 1
    nth = index - (state.created_at.year * 12 + state.created_at.month - 1)
    days = monthrange(year, month)[1]
    share = ((now.day - 1) + now.hour / 24) / days if age == 0 else 1.0
    if nth == 0:
        share -= (state.created_at.day - 1) / days
    factor = max(share, 0.0) * {0: state.usage_factor, 1: state.last_month_factor}.get(age, 1.0)
    counts = {component.name: component.instances for component in state.components}
    if nth < SECOND_WEB:
        counts[state.product.called(WEB)] = 1
    if nth < SECOND_OPTIMIZER:
        counts[state.product.called(OPTIMIZER)] = 1
    items = [
        ("App Platform", f"{component.name} ({component.size}, instance {number + 1})", component.price * factor)
        for component in state.components
        for number in range(counts[component.name])
    ]
    if state.product.has("redis"):
        valkey = f"{state.cluster.name} (Valkey, {state.cluster.size})"
        items.append(("Database Clusters", valkey, VALKEY * factor))
    items += [
        ("Spaces Subscription", "Spaces ($5/mo 250GB storage & 1TB bandwidth)", SPACES * factor),
        ("Container Registry", "portfolio (basic)", REGISTRY * factor),
    ]
    return Invoice(
        identifier(f"invoice {year}-{month:02}"),
        str(500_100_000 + index),
        f"{year}-{month:02}",
        [(product, description, round(dollars, 2)) for product, description, dollars in items],
    )

"""Instance sizes of App Platform and their list prices, as of 2026."""

from __future__ import annotations

from sandbox.app.answers import Call, Json, get

# cpu type, CPUs, GiB of memory, dollars a month, GiB of bandwidth, tier
_SIZES = (
    ("apps-s-1vcpu-0.5gb", "SHARED", 1, 0.5, 5, 50, "basic"),
    ("apps-s-1vcpu-1gb-fixed", "SHARED", 1, 1, 10, 100, "basic"),
    ("apps-s-1vcpu-1gb", "SHARED", 1, 1, 12, 150, "professional"),
    ("apps-s-1vcpu-2gb", "SHARED", 1, 2, 25, 200, "professional"),
    ("apps-s-2vcpu-4gb", "SHARED", 2, 4, 50, 250, "professional"),
    ("apps-d-1vcpu-0.5gb", "DEDICATED", 1, 0.5, 29, 100, "professional"),
    ("apps-d-1vcpu-1gb", "DEDICATED", 1, 1, 34, 200, "professional"),
    ("apps-d-1vcpu-2gb", "DEDICATED", 1, 2, 39, 300, "professional"),
    ("apps-d-1vcpu-4gb", "DEDICATED", 1, 4, 49, 400, "professional"),
    ("apps-d-2vcpu-4gb", "DEDICATED", 2, 4, 78, 500, "professional"),
    ("apps-d-2vcpu-8gb", "DEDICATED", 2, 8, 98, 600, "professional"),
    ("apps-d-4vcpu-8gb", "DEDICATED", 4, 8, 156, 700, "professional"),
    ("apps-d-4vcpu-16gb", "DEDICATED", 4, 16, 196, 800, "professional"),
    ("apps-d-8vcpu-32gb", "DEDICATED", 8, 32, 392, 900, "professional"),
)


@get("/v2/apps/tiers/instance_sizes", "app:read")
def list_instance_sizes(_call: Call) -> Json:
    return {"instance_sizes": [_size(size) for size in _SIZES]}


def _size(offer: tuple[str, str, int, float, int, int, str]) -> Json:
    slug, kind, cpus, gib, dollars, bandwidth, tier = offer
    size: Json = {
        "name": f"{kind.title()} {cpus}VCPU {gib:g}GB{' Fixed' if slug.endswith('-fixed') else ''}",
        "slug": slug,
        "cpu_type": kind,
        "cpus": str(cpus),
        "memory_bytes": str(int(gib * 2**30)),
        "usd_per_month": f"{dollars}.00",
        "usd_per_second": f"{dollars / 28 / 86_400:.12f}",
        "tier_slug": tier,
        "bandwidth_allowance_gib": str(bandwidth),
    }
    return (
        size
        | ({"single_instance_only": True} if tier == "basic" else {})
        | ({"scalable": True} if kind == "DEDICATED" else {})
    )

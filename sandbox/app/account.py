"""The account besides the app: keys, firewalls, certificates, domains."""

from __future__ import annotations

from datetime import timedelta

from sandbox.app.answers import Call, Json, cut, get, paged, stamp
from sandbox.world.app_history import commit_hash, identifier


@get("/v2/account", "account:read")
def get_account(call: Call) -> Json:
    return {
        "account": {
            "droplet_limit": 10,
            "floating_ip_limit": 3,
            "email": "ops@portfolio.example",
            "name": "Portfolio",
            "uuid": commit_hash("account"),
            "email_verified": call.state.email_verified,
            "status": call.state.account_status,
            "status_message": call.state.account_message,
            "team": {"uuid": identifier("team"), "name": "Portfolio"},
        }
    }


@get("/v2/account/keys", "ssh_key:read")
def list_ssh_keys(call: Call) -> Json:
    keys = [
        {"id": key.id, "name": key.name, "fingerprint": key.fingerprint, "public_key": key.public_key}
        for key in call.state.ssh_keys
    ]
    return cut(call, "ssh_keys", paged(call, "ssh_keys", keys))


@get("/v2/firewalls", "firewall:read")
def list_firewalls(call: Call) -> Json:
    """Cloud firewalls protect droplets: the machine that runs Grafana and Prometheus, not the app."""
    firewalls = [
        {
            "id": identifier(f"firewall {firewall.name}"),
            "name": firewall.name,
            "status": firewall.status,
            "inbound_rules": [
                {"protocol": protocol, "ports": ports, "sources": {"addresses": addresses}}
                for protocol, ports, addresses in firewall.inbound
            ],
            "outbound_rules": [
                {"protocol": "tcp", "ports": "0", "destinations": {"addresses": ["0.0.0.0/0", "::/0"]}}
            ],
            "created_at": stamp(call.state.created_at),
            "droplet_ids": [firewall.droplet] if firewall.droplet else [],
            "tags": [],
            "pending_changes": [],
        }
        for firewall in call.state.firewalls
    ]
    return paged(call, "firewalls", firewalls)


@get("/v2/certificates", "certificate:read")
def list_certificates(call: Call) -> Json:
    """App Platform does not list its certificates; this one is the Spaces CDN's."""
    certificate = {
        "id": identifier("certificate"),
        "name": "images-cdn",
        "not_after": stamp(call.state.certificate_expires_at),
        "sha1_fingerprint": commit_hash("certificate"),
        "created_at": stamp(call.now - timedelta(days=29)),
        "dns_names": [f"images.{call.state.domain}"],
        "state": "verified",
        "type": "lets_encrypt",
    }
    return paged(call, "certificates", [certificate])


@get("/v2/domains", "domain:read")
def list_domains(call: Call) -> Json:
    name = call.state.domain
    zone = f"$ORIGIN {name}.\n$TTL 1800\n{name}. 1800 IN NS ns1.digitalocean.com.\n"
    return paged(call, "domains", [{"name": name, "ttl": 1800, "zone_file": zone}])


@get("/v2/spaces/keys", "spaces_key:read")
def list_spaces_keys(call: Call) -> Json:
    keys = [
        {
            "name": name,
            "access_key": f"DO00{commit_hash(name)[:16].upper()}",
            "grants": [{"bucket": bucket, "permission": permission}],
            "created_at": stamp(call.state.created_at),
        }
        for name, bucket, permission in (
            ("backups", "portfolio-backups", "readwrite"),
            ("playbook", "portfolio-backups", "read"),
        )
    ]
    return paged(call, "keys", keys)


@get("/v2/registries", "registry:read")
def list_registries(call: Call) -> Json:
    created = stamp(call.state.created_at)
    tier = {
        "name": "Basic",
        "slug": "basic",
        "included_repositories": 5,
        "included_storage_bytes": 5 * 2**30,
        "allow_storage_overage": True,
        "included_bandwidth_bytes": 5 * 2**30,
        "monthly_price_in_cents": 500,
        "storage_overage_price_in_cents": 2,
    }
    registry = {
        "name": call.state.app_name,
        "created_at": created,
        "region": "fra1",
        "storage_usage_bytes": 1_843_000_000,
        "storage_usage_bytes_updated_at": stamp(call.now - timedelta(hours=6)),
        "subscription": {"tier": tier, "created_at": created, "updated_at": created},
    }
    return {"registries": [registry]}

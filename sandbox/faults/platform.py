"""What can go wrong with costs, sizes, access, firewalls and dependencies."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from sandbox.faults import fault
from sandbox.github import Alert, Member
from sandbox.npm.state import Advisory

if TYPE_CHECKING:
    from sandbox.world import World


@fault("cost-over-budget", "This month and the last cost 60 % more than the ones before")
def _(world: World) -> None:
    world.digitalocean.usage_factor = 1.6
    world.digitalocean.last_month_factor = 1.6


@fault("cost-creeping", "The last month cost 25 % more than the one before")
def _(world: World) -> None:
    world.digitalocean.last_month_factor = 1.25


@fault("redis-open-to-world", "The Redis cluster has no trusted sources: the whole internet may connect")
def _(world: World) -> None:
    world.digitalocean.cluster.trusted = []


@fault("redis-open-by-range", "0.0.0.0/0 stands among the Redis cluster's trusted sources")
def _(world: World) -> None:
    world.digitalocean.cluster.trusted.append(("ip_addr", "0.0.0.0/0"))


@fault("redis-trusts-too-many", "The Redis cluster trusts sixteen million addresses")
def _(world: World) -> None:
    world.digitalocean.cluster.trusted.append(("ip_addr", "10.0.0.0/8"))


@fault("ssh-open-to-world", "The monitoring machine's firewall opens SSH to the whole internet")
def _(world: World) -> None:
    world.digitalocean.firewalls[0].inbound[0] = ("tcp", "22", ["0.0.0.0/0", "::/0"])


@fault("rollback-refused", "The platform refuses rollbacks, as the app is pinned to an earlier one")
def _(world: World) -> None:
    world.digitalocean.rollback_error = ("app_pinned", "the app is pinned to a previous deployment")


@fault("rollback-with-warning", "The platform warns that a rollback may not restore the image that ran")
def _(world: World) -> None:
    world.digitalocean.rollback_warning = (
        "image_source_missing_digest",
        "one or more components are missing an image digest and are not guaranteed rollback to the old version.",
    )


@fault("rollback-nowhere", "The app has been deployed once, so there is nothing to roll back to")
def _(world: World) -> None:
    del world.digitalocean.deployments[1:]


@fault("over-provisioned", "image-optimizer runs on instances that are far too large for what it does")
def _(world: World) -> None:
    component = world.digitalocean.component("image-optimizer")
    component.size, component.price = "apps-d-2vcpu-8gb", 98
    component.cpu, component.memory = 12.0, 15.0


@fault("under-provisioned", "portfolio-web has been short of memory all week")
def _(world: World) -> None:
    world.digitalocean.component("portfolio-web").memory = 85.0


@fault("account-locked", "DigitalOcean has locked the account")
def _(world: World) -> None:
    world.digitalocean.account_status = "locked"
    world.digitalocean.account_message = "Payment failed."


@fault("account-warned", "DigitalOcean has a warning on the account")
def _(world: World) -> None:
    world.digitalocean.account_status = "warning"


@fault("account-email-unverified", "The e-mail address of the DigitalOcean account is not verified")
def _(world: World) -> None:
    world.digitalocean.email_verified = False


@fault("ssh-keys-many", "The DigitalOcean account has gathered fourteen SSH keys")
def _(world: World) -> None:
    keys = world.digitalocean.ssh_keys
    keys += [replace(keys[0], id=keys[0].id + number, name=f"laptop-{number}") for number in range(10, 22)]


@fault("github-gone", "Nobody listens where the GitHub API should be")
def _(world: World) -> None:
    world.gone.add("github")


@fault("github-denied", "The GitHub token may read neither members nor activity nor alerts (403)")
def _(world: World) -> None:
    world.github.missing = {"members", "activity", "alerts"}


@fault("github-throttled", "The rate limit of the GitHub token is used up")
def _(world: World) -> None:
    world.github.answer = "throttled"


@fault("github-not-owner", "The GitHub token is a member's, who does not see second factors")
def _(world: World) -> None:
    world.github.owners_token = False


@fault("github-owner-unknown", "Somebody unknown owns the GitHub organisation")
def _(world: World) -> None:
    world.github.members.append(Member("quick-helper-77", owner=True))


@fault("github-outsider", "Somebody from outside works on a GitHub repository")
def _(world: World) -> None:
    world.github.collaborators.append(Member("freelance-dan"))


@fault("github-member-idle", "A member of the GitHub organisation has not pushed in five months")
def _(world: World) -> None:
    world.github.members[2].pushed = 150.0


@fault("github-without-2fa", "A member of the GitHub organisation signs in with a password alone")
def _(world: World) -> None:
    world.github.members[2].second_factor = False


@fault("github-2fa-optional", "The GitHub organisation does not require a second factor")
def _(world: World) -> None:
    world.github.two_factor_required = False


@fault("access-unsigned", "Nobody has signed for the access review of what no API shows")
def _(world: World) -> None:
    world.people.signed = [line for line in world.people.signed if not line.item.startswith("monthly.access.")]


@fault("npm-gone", "Nobody listens where the npm registry should be")
def _(world: World) -> None:
    world.gone.add("npm")


@fault("npm-missing", "The machine has no npm")
def _(world: World) -> None:
    world.npm.installed = False


@fault("npm-unlocked", "The Node project has no lock file")
def _(world: World) -> None:
    world.npm.locked = False


@fault("npm-denied", "The npm registry does not accept npm's credentials (401)")
def _(world: World) -> None:
    world.npm.refuses = True


@fault("npm-garbage", "A sign-in page of the Wi-Fi answers where the npm registry should be")
def _(world: World) -> None:
    world.npm.garbage = True


@fault("npm-blind", "The npm registry has no advisories, and answers every audit as if nothing were weak")
def _(world: World) -> None:
    world.npm.blind = True


@fault("npm-unlisted", "The npm registry does not have one of the project's dependencies")
def _(world: World) -> None:
    world.npm.unlisted.add("sharp")


@fault("npm-weak-dependency", "A dependency has a weakness of level high, and so has what uses it")
def _(world: World) -> None:
    world.npm.advisories.append(Advisory("qs", "high", "A crafted query exhausts memory", "<6.14.0", 1099001))


@fault("npm-outdated", "All six dependencies are a major version behind")
def _(world: World) -> None:
    for package in world.npm.named.values():
        package.latest = f"{int(package.locked.partition('.')[0]) + 1}.0.0"


@fault("dependabot-alert", "Dependabot knows a critical weakness in a dependency")
def _(world: World) -> None:
    world.github.alerts = [
        Alert("sharp", "critical", "A crafted WebP runs code", "0.34.5", "GHSA-0000-0000-0001"),
        Alert("pino", "low", "Log lines can be forged", "9.7.0", "GHSA-0000-0000-0002"),
    ]


@fault("dependabot-denied", "The GitHub token may not read Dependabot alerts (403)")
def _(world: World) -> None:
    world.github.missing = {"alerts"}


@fault("bandwidth-days-missing", "The platform has no traffic figures of three days")
def _(world: World) -> None:
    world.digitalocean.left_out |= {"bandwidth 2", "bandwidth 3", "bandwidth 4"}


@fault("invoices-without-items", "The summaries of the invoices list no products")
def _(world: World) -> None:
    world.digitalocean.left_out.add("invoice items")


@fault("balance-stale", "The balance was made five days ago")
def _(world: World) -> None:
    world.digitalocean.balance_age = timedelta(days=5)
    world.digitalocean.usage_factor = 0.8


@fault("ssh-keys-cut", "The listing of SSH keys ends before its own count")
def _(world: World) -> None:
    world.digitalocean.listed_less["ssh_keys"] = 1


@fault("account-status-new", "The DigitalOcean account is in a state that nobody knows")
def _(world: World) -> None:
    world.digitalocean.account_status = "under_review"


@fault("redis-open-by-halves", "Both halves of the internet stand among the Redis cluster's trusted sources")
def _(world: World) -> None:
    world.digitalocean.cluster.trusted += [("ip_addr", "0.0.0.0/2"), ("ip_addr", "128.0.0.0/2")]


@fault("redis-source-new", "A trusted source of the Redis cluster is of a kind that nobody knows")
def _(world: World) -> None:
    world.digitalocean.cluster.trusted.append(("vpc", "0b1e"))


@fault("ssh-open-by-halves", "The monitoring machine's firewall opens SSH to both halves of the internet")
def _(world: World) -> None:
    world.digitalocean.firewalls[0].inbound[0] = ("tcp", "20-25", ["0.0.0.0/2", "128.0.0.0/2"])


@fault("firewall-idle", "The cloud firewall stands before nothing")
def _(world: World) -> None:
    world.digitalocean.firewalls[0].droplet = None


@fault("firewall-waiting", "The cloud firewall's rules are not in force yet")
def _(world: World) -> None:
    world.digitalocean.firewalls[0].status = "waiting"


@fault("github-owner-invited", "Somebody unknown was asked to become an owner of the GitHub organisation")
def _(world: World) -> None:
    world.github.invited.append(("quick-helper-77", "admin"))


@fault("github-invitations-denied", "The GitHub token may not see who was asked to become a member (403)")
def _(world: World) -> None:
    world.github.missing = {"invitations"}


@fault("github-collaborators-cut", "The last page of the outside collaborators on GitHub cannot be reached")
def _(world: World) -> None:
    world.github.cut = {"outside_collaborators"}

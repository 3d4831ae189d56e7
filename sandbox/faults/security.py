"""Faults of access, firewalls, dependencies, headers and sign-ins."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from sandbox.faults import fault
from sandbox.world import log_incidents
from sandbox.world.github import Alert, Member
from sandbox.world.npm import Advisory

if TYPE_CHECKING:
    from sandbox.world import World


@fault("redis-open-to-world", "The Redis cluster has no trusted sources: the whole internet may connect")
def _(world: World) -> None:
    world.digitalocean.cluster.trusted = []


@fault("redis-open-by-range", "0.0.0.0/0 stands among the Redis cluster's trusted sources")
def _(world: World) -> None:
    world.digitalocean.cluster.trusted.append(("ip_addr", "0.0.0.0/0"))


@fault("redis-trusts-too-many", "The Redis cluster trusts sixteen million addresses")
def _(world: World) -> None:
    world.digitalocean.cluster.trusted.append(("ip_addr", "10.0.0.0/8"))


@fault("database-open-to-world", "A managed database has no trusted sources: the whole internet may connect")
def _(world: World) -> None:
    world.digitalocean.databases[0].trusted = None


@fault("database-trusts-too-many", "A managed database trusts sixteen million addresses")
def _(world: World) -> None:
    world.digitalocean.databases[0].trusted = [("ip_addr", "10.0.0.0/8")]


@fault("ssh-open-to-world", "The monitoring machine's firewall opens SSH to the whole internet")
def _(world: World) -> None:
    world.digitalocean.firewalls[0].inbound[0] = ("tcp", "22", ["0.0.0.0/0", "::/0"])


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
    world.github.missing |= {"members", "activity", "alerts"}


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


@fault("github-members-administer", "Every member of the GitHub organisation may administer every repository")
def _(world: World) -> None:
    world.github.default_permission = "admin"


@fault("github-member-idle", "A member of the GitHub organisation has not pushed in five months")
def _(world: World) -> None:
    world.github.members[2].pushed = 150.0


@fault("github-without-2fa", "A member of the GitHub organisation signs in with a password alone")
def _(world: World) -> None:
    world.github.members[2].second_factor = False


@fault("github-2fa-insecure", "A member of the GitHub organisation gets the second factor by text message")
def _(world: World) -> None:
    world.github.members[2].by_text = True


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
    world.github.missing |= {"alerts"}


@fault("github-other-repository", "The app is built from another repository than the one that is looked at")
def _(world: World) -> None:
    world.digitalocean.repository = "example/shop"


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
    world.github.missing |= {"invitations"}


@fault("github-collaborators-cut", "The last page of the outside collaborators on GitHub cannot be reached")
def _(world: World) -> None:
    world.github.cut = {"outside_collaborators"}


@fault("policy-missing", "The website has no content security policy")
def _(world: World) -> None:
    del world.portfolio.headers["content-security-policy"]


@fault("policy-mistyped", "A directive of the content security policy is mistyped, so that browsers skip it")
def _(world: World) -> None:
    headers = world.portfolio.headers
    headers["content-security-policy"] = headers["content-security-policy"].replace("form-action", "form-acton")


@fault("headers-missing", "The website sends no security headers at all")
def _(world: World) -> None:
    world.portfolio.headers.clear()


@fault(
    "session-cookie-open", "The website sets a session cookie that scripts can read and that travels unencrypted"
)
def _(world: World) -> None:
    world.portfolio.headers["set-cookie"] = "session=4f1c; Path=/"


@fault("refused-burst", "One source was answered 403 ninety times within an hour")
def _(world: World) -> None:
    log_incidents.refused(world.logs, 90)


@fault("refused-flood", "One source was answered 403 nine hundred times within an hour")
def _(world: World) -> None:
    log_incidents.refused(world.logs, 900)


@fault("refused-spread", "Forty sources were answered 403 twice each within an hour")
def _(world: World) -> None:
    log_incidents.refused(world.logs, 80, sources=40)


@fault("passwords-tried", "One source tried forty-five passwords at the jump host within an hour")
def _(world: World) -> None:
    world.sign_ins.guess("203.0.113.66", 45, ago=timedelta(days=2))


@fault("passwords-tried-application", "One source tried four hundred passwords at the application within an hour")
def _(world: World) -> None:
    log_incidents.wrong_passwords(world.logs, 400)


@fault("passwords-tried-spread", "A hundred and fifty sources tried one password each within an hour")
def _(world: World) -> None:
    for number in range(150):
        world.sign_ins.guess(f"198.51.100.{10 + number}", 1, ago=timedelta(days=1))


@fault("password-guessed", "A source that had tried twenty passwords at the jump host was let in by the next")
def _(world: World) -> None:
    world.sign_ins.guess("203.0.113.66", 20, ago=timedelta(days=1))
    at = world.sign_ins.extra[-1][0] + timedelta(seconds=30)
    world.sign_ins.extra.append((at, "Accepted password for ada from 203.0.113.66 port 41999 ssh2"))


@fault("sign-ins-gone", "The file with the jump host's sign-ins is not there")
def _(world: World) -> None:
    world.gone.add("sign-ins")


@fault("sign-ins-silent", "Nothing was written to the file with the jump host's sign-ins for nine hours")
def _(world: World) -> None:
    world.sign_ins.silent = timedelta(hours=9)


@fault("sign-ins-undated", "The lines of the file with the jump host's sign-ins have no times")
def _(world: World) -> None:
    world.sign_ins.timed = False

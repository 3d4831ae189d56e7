"""Access rights. What no API shows is signed off, and judged after what was measured."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playbook.core.judge import Judge
    from playbook.measure.security.access import AccessSignOffs, DigitalOceanAccess, GitHubAccess, GitHubActivity
    from playbook.measure.security.second_factors import SecondFactors
    from playbook.settings.sections.limits import Limits

pytestmark = pytest.mark.access


@pytest.mark.monthly
@pytest.mark.item("monthly.access.permissions")
def test_permissions_are_minimal(
    digitalocean_access: DigitalOceanAccess,
    github_access: GitHubAccess,
    access_sign_offs: AccessSignOffs,
    limits: Limits,
    judge: Judge,
) -> None:
    """The account is active, GitHub has few owners and no unknown members, and the team's rights are signed.

    Members of the GitHub organisation who may all administer every repository are a warning.
    """
    if digitalocean_access:
        judge.that(
            not digitalocean_access.locked,
            "DigitalOcean account",
            expected="active",
            found=digitalocean_access.found,
        )
    if github_access and "owners" in github_access.compared:
        judge.that(
            not github_access.unknown_owners,
            "Owners of the GitHub organisation",
            expected="only those in the settings",
            found=", ".join(github_access.unknown_owners) or "no others",
        )
    if github_access and "outsiders" in github_access.compared:
        judge.that(
            not github_access.unknown_outsiders,
            "Outside collaborators on GitHub",
            expected="only those in the settings",
            found=", ".join(github_access.unknown_outsiders) or "no others",
            warn=True,
        )
    if github_access and github_access.login:
        judge(github_access.owner_count, limits.github_owners)
        judge.that(
            not github_access.all_administer,
            "Members of the GitHub organisation",
            expected="no rights to administer every repository",
            found=f"{github_access.default_permission or 'no permission said'} for every member",
            warn=True,
        )
    if digitalocean_access:
        judge.that(
            digitalocean_access.active,
            "DigitalOcean account",
            expected="active",
            found=digitalocean_access.found,
            warn=True,
        )
        judge.that(
            digitalocean_access.verified,
            "DigitalOcean account",
            expected="a verified e-mail address",
            found="a verified one" if digitalocean_access.verified else "one that is not verified",
            warn=True,
        )
    if access_sign_offs:
        judge.sign_off(access_sign_offs.of("monthly.access.permissions"))


@pytest.mark.monthly
@pytest.mark.item("monthly.access.unused-accounts")
def test_no_member_is_idle(
    digitalocean_access: DigitalOceanAccess,
    github_activity: GitHubActivity,
    access_sign_offs: AccessSignOffs,
    limits: Limits,
    judge: Judge,
) -> None:
    """Every GitHub member pushed or merged within 90 days, and few SSH keys remain; the rest is signed off."""
    if digitalocean_access:
        judge(digitalocean_access.key_count, limits.ssh_keys)
    if github_activity and github_activity.login:
        judge.that(
            not github_activity.idle,
            "Members on GitHub",
            expected=f"a push or merge of each in {github_activity.idle_after} days",
            found=github_activity.found,
            warn=True,
        )
    if access_sign_offs:
        judge.sign_off(access_sign_offs.of("monthly.access.unused-accounts"))


@pytest.mark.monthly
@pytest.mark.item("monthly.access.mfa")
def test_everybody_has_a_second_factor(
    second_factors: SecondFactors, access_sign_offs: AccessSignOffs, judge: Judge
) -> None:
    """Everybody on GitHub has a second factor and it is required there; DigitalOcean's part is signed off.

    A second factor by text message, which GitHub calls insecure, is a warning.
    """
    if second_factors and second_factors.login:
        judge.that(
            not second_factors.without,
            "Second factor on GitHub",
            expected="everybody to have one",
            found=f"none for {', '.join(second_factors.without)}"
            if second_factors.without
            else "nobody without one",
        )
        judge.that(
            not second_factors.insecure,
            "Second factor on GitHub",
            expected="none by text message",
            found=f"that of {', '.join(second_factors.insecure)}" if second_factors.insecure else "none",
            warn=True,
        )
        judge.that(
            second_factors.required is not False,
            "Second factor on GitHub",
            expected="an organisation that requires it",
            found="one that does not" if second_factors.required is False else "one that does",
            warn=True,
        )
    if access_sign_offs:
        judge.sign_off(access_sign_offs.of("monthly.access.mfa"))

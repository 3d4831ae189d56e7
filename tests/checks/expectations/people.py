"""What the faults of sign-offs, roster and handoff make the checks say."""

from __future__ import annotations

NO_SIGN_OFFS = r"Sign-offs: expected the file attestations\.jsonl, which is not there"

NO_ROSTER = r"On-call roster: expected the file roster\.toml, which is not there"
STRANGER = r"On-call roster: rotations\.primary names zoe, who is not in people \(roster\.toml\)"
LOCAL = r"\w{3} \d{4}-\d\d-\d\d \d\d:\d\d"
PHONES = (
    r"Contacts: expected name, telephone and e-mail of all, got missing for Ben Okafor: phone; Chiara Rossi: phone"
)


def sign_off(item: str, found: str, expected: str = "one that counts") -> str:
    """The sentence on a sign-off."""
    return rf"Sign-off of {item}: expected {expected}, got {found}"


EXPECTATIONS: dict[str, dict[str, tuple[str, str]]] = {
    "people-gone": {
        "weekly.docs.updated": ("UNKNOWN", NO_SIGN_OFFS),
        "weekly.team.notified": ("UNKNOWN", NO_SIGN_OFFS),
        "monthly.team.training": ("UNKNOWN", NO_SIGN_OFFS),
        "monthly.docs.contacts": ("UNKNOWN", NO_ROSTER),
        "monthly.docs.escalation": ("UNKNOWN", NO_ROSTER),
        "handoff.on-call": ("UNKNOWN", NO_ROSTER),
        "handoff.contacts": ("UNKNOWN", NO_ROSTER),
    },
    "attestation-missing": {
        "weekly.team.notified": ("CRITICAL", sign_off("weekly.team.notified", "none")),
        "monthly.team.training": ("CRITICAL", sign_off("monthly.team.training", "none")),
    },
    "attestation-expired": {
        "weekly.docs.updated": (
            "CRITICAL",
            sign_off("weekly.docs.updated", r"one by Ada Novak on \S+, which expired 5 days ago"),
        ),
        "monthly.team.training": (
            "CRITICAL",
            sign_off("monthly.team.training", r"one by Chiara Rossi on \S+, which expired 24 days ago"),
        ),
    },
    "attestation-near-expiry": {
        "weekly.docs.updated": (
            "WARNING",
            sign_off(
                "weekly.docs.updated",
                r"one by Ada Novak on \S+, which expires in 24 h",
                expected="more than 2 days left",
            ),
        ),
    },
    "attestation-edited": {
        "weekly.team.notified": (
            "CRITICAL",
            sign_off(
                "weekly.team.notified",
                r"none that counts \(line 2 was edited: its digest does not match what it says\)",
            ),
        ),
    },
    "attestation-evidence-edited": {
        "weekly.docs.updated": (
            "CRITICAL",
            sign_off(
                "weekly.docs.updated",
                r"none that counts \(line 1 no longer holds: minutes\.md was changed since\)",
            ),
        ),
    },
    "attestation-future": {
        "weekly.docs.updated": (
            "CRITICAL",
            sign_off("weekly.docs.updated", r"none that counts \(line 1 is dated \S+ \S+, in the future\)"),
        ),
    },
    "attestation-renewed-badly": {
        "weekly.docs.updated": (
            "WARNING",
            sign_off(
                "weekly.docs.updated",
                r"one by Ada Novak on \S+, which expires in 7 days"
                r" \(line \d+ was edited: its digest does not match what it says\)",
                expected="no refused line",
            ),
        ),
    },
    "attestation-damaged": {
        "weekly.docs.updated": (
            "CRITICAL",
            sign_off(
                "weekly.docs.updated",
                r"none that counts \(line 5 is damaged: JSON is malformed: invalid character \(byte 0\);"
                r" line 6 is damaged: Input data was truncated\)",
            ),
        ),
    },
    "oncall-nobody": {
        "handoff.on-call": (
            "CRITICAL",
            r"On call: expected somebody primary and secondary, got \w+ \w+ is primary, nobody is secondary",
        ),
    },
    "oncall-same-person": {
        "handoff.on-call": (
            "CRITICAL",
            r"On call: expected two people, got (\w+ \w+) is primary, \1 is secondary",
        ),
    },
    "oncall-gap": {
        "handoff.on-call": (
            "WARNING",
            rf"On call: expected two people through the next 7 days,"
            rf" got nobody is secondary from {LOCAL} until {LOCAL}",
        ),
    },
    "contact-incomplete": {
        "handoff.contacts": ("CRITICAL", PHONES),
        "monthly.docs.contacts": ("CRITICAL", PHONES),
    },
    "escalation-incomplete": {
        "monthly.docs.escalation": (
            "CRITICAL",
            r"Escalation: expected somebody to call in time for P1 to P4,"
            r" got P1 may wait 1 h, and 15 min is the most; P2 goes no further than those on call; nobody is called for P3",
        ),
    },
    "roster-damaged": {
        "handoff.on-call": ("UNKNOWN", STRANGER),
        "handoff.contacts": ("UNKNOWN", STRANGER),
        "monthly.docs.contacts": ("UNKNOWN", STRANGER),
        "monthly.docs.escalation": ("UNKNOWN", STRANGER),
    },
}

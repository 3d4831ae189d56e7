"""What the faults of sign-offs, roster and handoff make the checks say."""

from __future__ import annotations

NO_SIGN_OFFS = r"Sign-offs: expected the file attestations\.jsonl, which is not there"


def sign_off(item: str, found: str, expected: str = "one that counts") -> str:
    """The sentence on a sign-off."""
    return rf"Sign-off of {item}: expected {expected}, got {found}"


EXPECTATIONS: dict[str, dict[str, tuple[str, str]]] = {
    "people-gone": {
        "weekly.docs.updated": ("UNKNOWN", NO_SIGN_OFFS),
        "weekly.team.notified": ("UNKNOWN", NO_SIGN_OFFS),
        "monthly.team.training": ("UNKNOWN", NO_SIGN_OFFS),
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
}

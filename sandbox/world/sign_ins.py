"""State of the server's sign-in log."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

_KEY = "ED25519 SHA256:Zk3mX0V1c8kq2hJ5n9sPwR4tY7uB6eLdQaGfHvCxTzI"


@dataclass
class SignInsState:
    """Sign-ins and attempts.

    Attributes:
        now: when this world was made.
        extra: lines added by a fault: time, and sshd's message.
        silent: time without lines.
        timed: each line has its time.
    """

    now: datetime
    extra: list[tuple[datetime, str]] = field(default_factory=list)
    silent: timedelta = timedelta(0)
    timed: bool = True

    def guess(self, source: str, count: int, ago: timedelta, first_port: int = 40_000) -> None:
        """``count`` wrong passwords from ``source`` within twenty minutes from ``ago`` on, one a connection.

        As sshd writes them: two lines for each.
        """
        begin = (self.now - ago).replace(minute=5, second=0)
        for number in range(count):
            at, port = begin + timedelta(minutes=20) * (number / count), first_port + number
            self.extra.append((at, f"Invalid user admin from {source} port {port}"))
            self.extra.append((at, f"Failed password for invalid user admin from {source} port {port} ssh2"))

    def lines(self) -> list[str]:
        """The file's lines, oldest first: cron's each hour, two sign-ins by key a day, a typo every third time."""
        entries = [(at, "sshd", text) for at, text in self.extra]
        for hour in range(24 * 8):
            at = self.now.replace(minute=17, second=1, microsecond=0) - timedelta(hours=hour)
            if at <= self.now:
                entries.append(
                    (at, "CRON", "pam_unix(cron:session): session opened for user root(uid=0) by (uid=0)")
                )
        for day in range(7):
            at = self.now - timedelta(days=day, hours=2)
            for hours, user in ((0, "deploy"), (5, "ada")):
                text = f"Accepted publickey for {user} from 198.51.100.7 port {50_000 + day} ssh2: {_KEY}"
                entries.append((at - timedelta(hours=hours), "sshd", text))
            if day % 3 == 0:
                text = f"Failed password for ada from 198.51.100.7 port {51_000 + day} ssh2"
                entries.append((at - timedelta(hours=5, minutes=1), "sshd", text))
        return [
            f"{at.isoformat() if self.timed else '-'} jump {program}[{2000 + number}]: {text}"
            for number, (at, program, text) in enumerate(sorted(entries))
            if at <= self.now - self.silent
        ]

"""Notifications: incidents over every channel, an issue for each, and a ping when a run starts and ends.

    incidents → due (not delivered yet) → messages → channels → deliveries, one line each

Nothing here changes the verdict of a run or raises a server's error.
"""

from __future__ import annotations

from playbook.notify.pings import ping as ping
from playbook.notify.telling import tell as tell

__all__ = ["ping", "tell"]

"""How measurements write times and lengths of time for people."""

from playbook.core.wording import moment, span

__all__ = ["moment", "span"]

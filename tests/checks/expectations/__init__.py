"""What each fault of the sandbox makes the checks say: fault → item → (verdict, message as a regular expression).

Every item of the same sets that is not named stays OK. "OK or WARNING" is what a fault may do on the side, e.g.
an error line that the application writes about the suite's own probe, which the review of the logs sees only
where it comes second. A module states what one part of the sandbox does; the same fault may stand in several.
"""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

Expected = dict[str, dict[str, tuple[str, str]]]

EXPECTATIONS: Expected = {}
for _module in iter_modules(__path__, __name__ + "."):
    for _fault, _items in getattr(import_module(_module.name), "EXPECTATIONS", {}).items():
        _known = EXPECTATIONS.setdefault(_fault, {})
        assert not _known.keys() & _items.keys(), f"{_fault} is expected twice: {_known.keys() & _items.keys()}"
        _known.update(_items)

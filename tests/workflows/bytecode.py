"""What Python has compiled of this tree, for the fresh clones of jobs: else each job compiles the suite anew.

Each file names the source that it is of by a hash, and Python compares that: a clone of other source compiles
its own.
"""

from __future__ import annotations

import marshal
import os
import shutil
from importlib.machinery import SourceFileLoader
from importlib.util import MAGIC_NUMBER, cache_from_source, source_hash
from pathlib import Path

_CHECKED_HASH = (0b11).to_bytes(4, "little")
_PACKAGES = ("playbook", "sandbox", "loadtests")


def compile_all(root: Path, folder: Path) -> None:
    """Write it for the packages of ``root`` into ``folder``, which takes what is compiled there already."""
    for source in (file for package in _PACKAGES for file in (root / package).rglob("*.py")):
        code = SourceFileLoader(source.stem, str(source)).get_code(source.stem)
        compiled = Path(cache_from_source(str(folder / source.relative_to(root))))
        compiled.parent.mkdir(parents=True, exist_ok=True)
        head = MAGIC_NUMBER + _CHECKED_HASH + source_hash(source.read_bytes())
        compiled.write_bytes(head + marshal.dumps(code))


def lay_beside(sources: Path, folder: Path) -> None:
    """Put what ``folder`` has beside these sources, by links: Python replaces such files and writes into none."""
    shutil.copytree(folder, sources, dirs_exist_ok=True, copy_function=os.link)

"""Compiled templates, cached as Python caches modules: compiling takes twenty times as long as rendering."""

from __future__ import annotations

import sys
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from pickle import PickleError

from jinja2.bccache import Bucket, BytecodeCache

from playbook.core.whole_file import write_whole


class Compiled(BytecodeCache):
    """Cache in ``__pycache__`` below the templates, if writable; used if the template is unchanged."""

    def __init__(self, templates: Path) -> None:
        self._folder = templates / "__pycache__"

    def _file(self, bucket: Bucket) -> Path:
        return self._folder / f"{bucket.key}.{sys.implementation.cache_tag}.jinja"

    def load_bytecode(self, bucket: Bucket) -> None:
        """Load a cached template; Jinja compares its checksum. A damaged file is ignored."""
        try:
            bucket.load_bytecode(BytesIO(self._file(bucket).read_bytes()))
        except (OSError, EOFError, ValueError, TypeError, PickleError):
            bucket.reset()

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Store it, unless Python is told not to write bytecode."""
        if not sys.dont_write_bytecode:
            with suppress(OSError):
                self._folder.mkdir(exist_ok=True)
                write_whole(self._file(bucket), bucket.bytecode_to_string())

"""Compiled templates, kept as Python keeps modules: compiling them takes twenty times as long as using them."""

from __future__ import annotations

import sys
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from pickle import PickleError

from jinja2.bccache import Bucket, BytecodeCache

from playbook.core.whole_file import write_whole


class Compiled(BytecodeCache):
    """In ``__pycache__`` below the templates, where that can be written; used where the template is the same."""

    def __init__(self, templates: Path) -> None:
        self._folder = templates / "__pycache__"

    def _file(self, bucket: Bucket) -> Path:
        return self._folder / f"{bucket.key}.{sys.implementation.cache_tag}.jinja"

    def load_bytecode(self, bucket: Bucket) -> None:
        """Take what is kept; Jinja compares its checksum with the template's. A damaged file is none."""
        try:
            bucket.load_bytecode(BytesIO(self._file(bucket).read_bytes()))
        except (OSError, EOFError, ValueError, TypeError, PickleError):
            bucket.reset()

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep it, unless Python was told to keep nothing."""
        if not sys.dont_write_bytecode:
            with suppress(OSError):
                self._folder.mkdir(exist_ok=True)
                write_whole(self._file(bucket), bucket.bytecode_to_string())

"""``python -m tests.hostile [MODULE …]``: try its cases, or all, in little memory; one JSON line for each."""

from __future__ import annotations

import importlib
import json
import os
import sys
from dataclasses import asdict

from tests.hostile import MODULES
from tests.hostile.cases import CASES, limit_memory, tried

for name in sys.argv[1:] or MODULES:
    importlib.import_module(f"tests.hostile.{name}")
limit_memory()
for one in [one for one in CASES.values() if one.module in (sys.argv[1:] or MODULES)]:
    sys.stdout.write(json.dumps(asdict(tried(one))) + "\n")
    sys.stdout.flush()
os._exit(0)  # servers of the cases that still wait for somebody

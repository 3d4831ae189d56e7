"""``python -m tests.hostile [NAME …]``: try these cases, or all, with little memory; one JSON line for each."""

from __future__ import annotations

import importlib
import json
import os
import sys
from dataclasses import asdict

from tests.hostile import MODULES
from tests.hostile.cases import CASES, limit_memory, tried

for name in MODULES:
    importlib.import_module(f"tests.hostile.{name}")
limit_memory()
for one in [case for name, case in CASES.items() if not sys.argv[1:] or name in sys.argv[1:]]:
    sys.stdout.write(json.dumps(asdict(tried(one))) + "\n")
    sys.stdout.flush()
os._exit(0)  # servers of the cases that still wait for somebody

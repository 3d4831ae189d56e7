"""The checks as they are written: read from their files, without importing them."""

import ast
from functools import cache

from playbook.core.places import shipped_files

CADENCES = {
    *("load", "daily", "weekly", "monthly", "links", "handoff", "optimization", "emergency"),
    *("pre_maintenance", "post_maintenance"),
    *("troubleshooting", "high_response_times", "high_error_rates", "resource_exhaustion"),
}


@cache
def written_checks():
    """(file, function, item id, runbook, cadence markers) of every check, read without importing it."""
    found = []
    for file in shipped_files():
        for node in ast.parse(file.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                item, runbook, cadences = None, None, set()
                for decorator in node.decorator_list:
                    text = ast.unparse(decorator)
                    if isinstance(decorator, ast.Call) and text.startswith("pytest.mark.item("):
                        item = ast.literal_eval(decorator.args[0])
                        runbook = next((ast.literal_eval(k.value) for k in decorator.keywords), None)
                    elif text.removeprefix("pytest.mark.") in CADENCES:
                        cadences.add(text.removeprefix("pytest.mark."))
                found.append((file, node, item, runbook, cadences))
    return tuple(found)

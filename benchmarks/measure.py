"""How ways of doing the same work are measured: in turn, each in a process of its own; best and first are kept."""

import gc
import multiprocessing
import resource
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any, TypeVar

import psutil

K = TypeVar("K")

# A child finds the libraries imported, and remembers nothing but its own rounds.
_FORK = multiprocessing.get_context("fork")
MAXRSS_UNIT = 1 if sys.platform == "darwin" else 1024


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
        self._start, self._cpu_start = time.perf_counter(), _cpu_time()

    def spent(self) -> "Spent":
        """Time since then."""
        return Spent(time.perf_counter() - self._start, _cpu_time() - self._cpu_start)


def _cpu_time() -> float:
    """Seconds in which this process, and those it started that have ended, computed."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(of_one.ru_utime + of_one.ru_stime for of_one in used)


@dataclass(frozen=True)
class Spent:
    """Seconds that some work took, and seconds in which its processes (not the server) computed."""

    seconds: float
    cpu: float


@dataclass(frozen=True)
class Way:
    """A way of doing the work; `run` prepares what is not measured, does the work, and returns what it spent.

    Attributes:
        rounds: how many times it is measured.
        helpers: how many processes the work starts at once.
    """

    run: Callable[[], Spent]
    rounds: int
    helpers: int = 0


@dataclass(frozen=True)
class Measure(Spent):
    """The best of several rounds.

    Attributes:
        first: seconds that the first round took, when nothing was remembered yet.
        peak: most memory that the rounds added to their process, and to all its helpers if each was the largest, in
            bytes.
    """

    first: float
    peak: int


def in_turn(ways: Mapping[K, Way]) -> dict[K, Measure]:
    """Measure ways in turn, so that a slow moment of the machine falls on all of them."""
    # What was imported is looked at by no collector, so it stays shared with the children.
    gc.collect()
    gc.freeze()
    children = {name: _start(way) for name, way in ways.items()}
    found: dict[K, list[tuple[Spent, int]]] = {name: [] for name in ways}
    try:
        for turn in range(max(way.rounds for way in ways.values())):
            for name, way in ways.items():
                if turn < way.rounds:
                    found[name].append(_round(children[name]))
    finally:
        for child in children.values():
            child.close()  # which ends it
    return {name: _best(rounds) for name, rounds in found.items()}


def _best(rounds: Sequence[tuple[Spent, int]]) -> Measure:
    spent = [of_one for of_one, _ in rounds]
    return Measure(
        seconds=min(of_one.seconds for of_one in spent),
        cpu=min(of_one.cpu for of_one in spent),
        first=spent[0].seconds,
        peak=max(peak for _, peak in rounds),
    )


def _start(way: Way) -> "Connection[Any, Any]":
    here, there = _FORK.Pipe()
    _FORK.Process(target=_work, args=(way, there, here)).start()
    there.close()
    return here


def _round(child: "Connection[Any, Any]") -> tuple[Spent, int]:
    child.send(True)
    try:
        found: tuple[Spent, int] = child.recv()
    except EOFError:
        raise SystemExit("A way of doing the work failed: see above.") from None
    return found


def _work(way: Way, pipe: "Connection[Any, Any]", others_end: "Connection[Any, Any]") -> None:
    others_end.close()
    before = psutil.Process().memory_info().rss
    while True:
        try:
            pipe.recv()
        except EOFError:
            return
        spent = way.run()
        own, helper = (
            max(0, resource.getrusage(who).ru_maxrss * MAXRSS_UNIT - before)
            for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
        )
        pipe.send((spent, own + way.helpers * helper))

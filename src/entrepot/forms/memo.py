"""Values computed once each: a return is a few hundred texts and numbers that come back thousands of times."""

from collections.abc import Callable
from typing import TypeVar

K = TypeVar("K")
V = TypeVar("V")

# Forgotten beyond that many, all at once: free texts never come back.
KEPT = 1 << 16


class Memo(dict[K, V]):
    """What a function gives for each key asked.

    `map(memo.__getitem__, row)` never runs Python code for a key already known: several times faster than `lru_cache`.
    """

    __slots__ = ("_compute",)

    def __init__(self, compute: Callable[[K], V]) -> None:
        super().__init__()
        self._compute = compute

    def __missing__(self, key: K) -> V:
        if len(self) >= KEPT:
            self.clear()
        value = self[key] = self._compute(key)
        return value

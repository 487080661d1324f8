"""Old releases made again from receipts, and compared row by row with what was published."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from entrepot.settings import Settings
from entrepot.warehouse import method
from entrepot.warehouse.comparison import Comparison
from entrepot.warehouse.engine import connect
from entrepot.warehouse.published import published, releases
from entrepot.warehouse.replay import Replayed, compare_release


@dataclass(frozen=True)
class Rebuilt:
    """A release beside its rebuilding.

    Attributes:
        release: its row of `entrepot.parution`.
        same_method: whether today's method made it; if not, a difference may come from the method.
        marts: its marts, compared.
    """

    release: Mapping[str, Any]
    same_method: bool
    marts: tuple[Comparison, ...]

    @property
    def different(self) -> list[Comparison]:
        """Marts that are not the same."""
        return [mart for mart in self.marts if not mart.equal]

    @property
    def sentence(self) -> str:
        """What came of it."""
        cutoff = self.release["arretee_le"]
        name = f"Release {self.release['parution_id']}" + (f" (cut-off {cutoff:%Y-%m-%d %H:%M})" if cutoff else "")
        if not self.different:
            rows = sum(mart.original.rows for mart in self.marts if mart.original)
            return f"{name}: equal, {len(self.marts)} marts, {rows} rows."
        counts = ", ".join(f"{mart.mart} {mart.differing}" for mart in self.different)
        if self.same_method:
            return f"{name}: rows differ ({counts})."
        return (
            f"{name}: rows differ by method ({counts}): it was made by {self.release['version_code']};"
            " check that version out to rebuild it by its own method."
        )


def wanted(settings: Settings, numbers: Iterable[int]) -> list[Mapping[str, Any]]:
    """Releases of these numbers, or every published one if none is given, oldest first.

    Raises:
        EntrepotError: one of them was not published.
    """
    with connect(settings) as connection:
        if chosen := sorted(set(numbers)):
            return [published(connection, number) for number in chosen]
        return [release for release in reversed(releases(connection)) if release["statut"] == "publiee"]


def rebuild(
    settings: Settings,
    replayed: Replayed,
    keys: Mapping[str, Sequence[str]],
    chosen: Iterable[Mapping[str, Any]],
) -> Iterator[Rebuilt]:
    """Compare releases with what one replay says was known at the cut-off of each.

    Args:
        settings: those of the warehouse.
        replayed: the replay.
        keys: key columns of each mart that has a key.
        chosen: releases, as `wanted` gives them.
    """
    today = method.digest(settings, method.WHOLE)
    for release in chosen:
        marts = tuple(compare_release(settings, replayed, keys, release["parution_id"]))
        yield Rebuilt(release, release["methode"] == today, marts)

"""What comes in: files of a command line or of the drop folder, each with its true time of arrival."""

import csv
import io
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

import fsspec
from fsspec.implementations.local import LocalFileSystem

from entrepot.errors import EntrepotError

# A load of history says in this file when each of its files really arrived, and from whom.
MANIFEST = "bordereau.csv"
MANIFEST_COLUMNS = ["fichier", "recu_le", "expediteur"]


@dataclass(frozen=True)
class Origin:
    """When a file arrived and who sent it, where that is known."""

    received_at: datetime
    sender: str | None = None


@dataclass(frozen=True)
class Arrival:
    """A file that came in: `name` is what its sender called it, `location` where it can be read now."""

    name: str
    location: str
    channel: str
    origin: Origin


class Folder:
    """A folder of files to take in, local or any fsspec URL."""

    def __init__(self, url: str) -> None:
        self._files, self._root = fsspec.url_to_fs(url)

    def open(self, arrival: Arrival) -> BinaryIO:
        """A file of this folder, open to be read."""
        opened: BinaryIO = self._files.open(arrival.location, "rb")
        return opened

    def remove(self, arrivals: Iterable[Arrival]) -> None:
        """Take files out of the folder (their bytes are in the store), and the manifest once nothing is left of it."""
        for arrival in arrivals:
            self._files.rm_file(arrival.location)
        manifest = f"{self._root}/{MANIFEST}"
        if self._files.exists(manifest) and not any(True for _ in self._paths()):
            self._files.rm_file(manifest)

    def arrivals(self, channel: str, *, quiet_seconds: float = 0, received_at: datetime | None = None) -> list[Arrival]:
        """Files to take in, oldest arrival first.

        Args:
            channel: `depot` or `commande`.
            quiet_seconds: leave files alone that changed less than this many seconds ago (still being written).
            received_at: arrival of every file; without it, the manifest's word, else now.
        """
        origins = self._manifest()
        now = datetime.now(UTC)
        found = []
        for path in self._paths():
            name = readable(path.rsplit("/", 1)[-1])
            if quiet_seconds and self._age(path) < quiet_seconds:
                continue
            origin = origins.get(name, Origin(now))
            if received_at is not None:
                origin = Origin(received_at, origin.sender)
            found.append(Arrival(name, path, channel, origin))
        return sorted(found, key=lambda arrival: (arrival.origin.received_at, arrival.location))

    def _paths(self) -> Iterator[str]:
        if not self._files.exists(self._root):
            return
        for path in self._files.find(self._root):
            name = path.rsplit("/", 1)[-1]
            if name == MANIFEST or name.startswith("."):
                continue
            # A pipe would be waited for without end, a link may lead nowhere.
            if isinstance(self._files, LocalFileSystem) and not Path(path).is_file():
                continue
            yield path

    def _age(self, path: str) -> float:
        modified = self._files.modified(path)
        if modified.tzinfo is None:
            modified = modified.replace(tzinfo=UTC)
        return time.time() - float(modified.timestamp())

    def _manifest(self) -> dict[str, Origin]:
        path = f"{self._root}/{MANIFEST}"
        if not self._files.exists(path):
            return {}
        try:
            text = self._files.cat_file(path).decode("utf-8-sig")
        except UnicodeDecodeError:
            raise EntrepotError(f"{path}: is not UTF-8; save it again as « CSV UTF-8 ».") from None
        reader = csv.DictReader(io.StringIO(text), delimiter=";")
        if reader.fieldnames != MANIFEST_COLUMNS:
            raise EntrepotError(f"{path}: the first line must be « {';'.join(MANIFEST_COLUMNS)} ».")
        return {
            row["fichier"]: Origin(
                parse_instant(row["recu_le"] or "", f"{path}, line {number}"), row["expediteur"] or None
            )
            for number, row in enumerate(reader, start=2)
        }


def single_file(path: Path, received_at: datetime | None) -> Arrival:
    """A file named on the command line."""
    return Arrival(readable(path.name), str(path), "commande", Origin(received_at or datetime.now(UTC)))


def readable(name: str) -> str:
    """The name of a file as text that a database holds: one that is no UTF-8 is taken for that of a French Windows."""
    try:
        name.encode()
    except UnicodeEncodeError:
        name = name.encode("utf-8", "surrogateescape").decode("cp1252", "replace")
    return name.replace("\x00", "")


def parse_instant(text: str, where: str) -> datetime:
    """Read an ISO 8601 instant with its offset from UTC.

    Raises:
        EntrepotError: it is not one, has no offset (whose noon would it be?), or lies in the future.
    """
    try:
        instant = datetime.fromisoformat(text.strip())
    except ValueError:
        raise EntrepotError(
            f"{where}: « {text} » is not an ISO 8601 instant such as 2024-03-26T18:30:00+01:00."
        ) from None
    if instant.tzinfo is None:
        raise EntrepotError(f"{where}: « {text} » lacks its offset from UTC, as in 2024-03-26T18:30:00+01:00.")
    if instant > datetime.now(UTC):
        raise EntrepotError(f"{where}: « {text} » lies in the future; nothing can have arrived then.")
    return instant

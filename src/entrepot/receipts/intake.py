"""Take arrivals in: keep the bytes, record the receipt, load the lines that readers find in it and give the verdict.

Bytes are stored, then recorded, before anything is loaded, so a crash in between loses nothing: receipts without a
verdict are read again next time. Files are read meanwhile, in processes of their own.
"""

import json
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import chain
from types import TracebackType
from typing import Any, BinaryIO, Self, TypeVar

import psycopg

from entrepot.forms.files.refusal import MAX_FILE_BYTES
from entrepot.forms.reader import ReadReturn, Reference
from entrepot.inert import one_line
from entrepot.quality.reading import record_reading_findings, structure_message
from entrepot.quality.rules import Suites
from entrepot.receipts.arrivals import Arrival
from entrepot.receipts.copytext import copy_row, of_receipt
from entrepot.receipts.reader_process import File
from entrepot.receipts.readers import Readers, Reading
from entrepot.receipts.store import THREADS, ByteStore, digest_of

log = logging.getLogger(__name__)

T = TypeVar("T")

# Files and bytes taken in at once: they bound memory and the length of a transaction. More gain nothing measurable.
BATCH = 100
BATCH_BYTES = 100_000_000
# Of a file too large to be read, as much is held as shows that it is.
_HEAD = MAX_FILE_BYTES + 1
_PIECE = 1_000_000

_RECORD = """
with arrivals as (
    select distinct on (empreinte) *
    from unnest(%(empreinte)s::text[], %(taille)s::bigint[], %(nom)s::text[], %(canal)s::text[],
                %(expediteur)s::text[], %(recu_le)s::timestamptz[]) with ordinality
        as arrivals (empreinte, taille, nom, canal, expediteur, recu_le, rang)
    order by empreinte, rang
), news as (
    insert into entrepot.recepisse (empreinte, taille, nom_fichier, canal, expediteur, recu_le)
    select empreinte, taille, nom, canal, expediteur, recu_le from arrivals order by rang
    on conflict (empreinte) do nothing
    returning recepisse_id, empreinte
)
select empreinte, recepisse_id, true from news
union all
select recepisse.empreinte, recepisse.recepisse_id, false
from entrepot.recepisse inner join arrivals using (empreinte)
where not exists (select from news where news.empreinte = recepisse.empreinte)
"""

_PRESENT = """
insert into entrepot.presentation (recepisse_id, nom_fichier, canal, expediteur, presente_le)
select * from unnest(
    %(recepisse_id)s::bigint[], %(nom)s::text[], %(canal)s::text[], %(expediteur)s::text[], %(recu_le)s::timestamptz[]
)
"""

_VERDICT = """
update entrepot.recepisse
set genre = said.genre, format = said.format, territoire_id = said.territoire_id, trimestre = said.trimestre,
    millesime = said.millesime, verdict = case when said.motif is null then 'accepte' else 'rejete' end,
    verdict_le = clock_timestamp(), motif = said.motif
from unnest(
    %(recepisse_id)s::bigint[], %(genre)s::text[], %(format)s::text[], %(territoire_id)s::text[],
    %(trimestre)s::text[], %(millesime)s::text[], %(motif)s::text[]
) as said (recepisse_id, genre, format, territoire_id, trimestre, millesime, motif)
where recepisse.recepisse_id = said.recepisse_id and recepisse.verdict = 'recu'
"""

_OUTCOMES = """
select
    recepisse_id, nom_fichier, verdict, genre, territoire_id, trimestre, motif,
    verdict = 'accepte' and genre = 'retour' and exists (
        select from entrepot.recepisse as later
        where later.verdict = 'accepte' and later.territoire_id = recepisse.territoire_id
            and later.trimestre = recepisse.trimestre and later.canal <> 'correction'
            and (later.recu_le, later.recepisse_id) > (recepisse.recu_le, recepisse.recepisse_id)
    )
from entrepot.recepisse
where recepisse_id = any(%s)
"""


@dataclass(frozen=True)
class Outcome:
    """What became of one file: its receipt and verdict, and whether its bytes were known already."""

    recepisse_id: int
    name: str
    verdict: str
    genre: str
    territoire_id: str | None
    trimestre: str | None
    motif: str | None
    superseded: bool
    known: bool


@dataclass(frozen=True)
class _Received:
    """A file that has come in: its bytes, or its first bytes if it is too large to be read and is already stored.

    Attributes:
        kept: SHA-256 and size of a file already stored.
    """

    arrival: Arrival
    content: bytes
    kept: tuple[str, int] | None = None

    @property
    def key(self) -> bytes | str:
        """The same for the same bytes."""
        return self.kept[0] if self.kept else self.content


class Intake:
    """Takes arrivals in, batch by batch, on one connection (autocommit off); a context, which ends its readers."""

    def __init__(
        self, connection: psycopg.Connection[Any], store: ByteStore, reference: Reference, suites: Suites
    ) -> None:
        self._connection = connection
        self._store = store
        self._suites = suites
        self._readers = Readers(reference)
        self.broken: list[str] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._readers.close()

    def take(self, arrivals: Sequence[Arrival], open_file: Callable[[Arrival], BinaryIO]) -> Iterator[list[Outcome]]:
        """Take arrivals in, oldest first; each batch is committed before its outcomes are yielded.

        A file of any size is stored, and no more of it held than can be read. A fault of our own reader on a file keeps
        no other out; its receipt has no verdict, `broken` names it.
        """
        files = (self._receive(arrival, open_file) for arrival in arrivals)
        for batch in _batches(files, lambda received: len(received.content)):
            read = {received.key: File(received.arrival.name, received.content) for received in batch}
            reading = self._readers.begin(list(read.values()))
            with ThreadPoolExecutor(1) as aside:
                recording = aside.submit(self._record, batch)
                reading.go_on_until(recording.done)
                receipts = recording.result()
            numbers = {key: number for number, key in enumerate(read)}
            self._load(
                reading,
                {receipt: numbers[received.key] for received, (receipt, _) in zip(batch, receipts, strict=True)},
            )
            yield self._outcomes([received.arrival for received in batch], receipts)

    def resume(self, progress: Callable[[int, int], None] | None = None) -> None:
        """Read the receipts that have no verdict: an interruption, or a fault of our reader, left them so.

        Args:
            progress: called with (receipts read, receipts in all) after each batch.
        """
        with self._connection.cursor() as cursor:
            cursor.execute(
                "select recepisse_id, nom_fichier, empreinte, least(taille, %s) from entrepot.recepisse"
                " where verdict = 'recu' order by recepisse_id",
                [_HEAD],
            )
            pending = cursor.fetchall()
        self._connection.commit()
        done = 0
        for batch in _batches(pending, lambda receipt: receipt[3]):
            with ThreadPoolExecutor(THREADS) as pool:
                contents = list(pool.map(self._kept, batch))
            reading = self._readers.begin(
                [File(name, content) for (_, name, *_), content in zip(batch, contents, strict=True)]
            )
            self._load(reading, {receipt: number for number, (receipt, *_) in enumerate(batch)})
            done += len(batch)
            if progress:
                progress(done, len(pending))

    def _receive(self, arrival: Arrival, open_file: Callable[[Arrival], BinaryIO]) -> _Received:
        """Read a file; one that is too large is stored on the way."""
        with open_file(arrival) as stream:
            content = stream.read(_HEAD)
            if len(content) < _HEAD:
                return _Received(arrival, content)
            pieces = chain([content], iter(lambda: stream.read(_PIECE), b""))
            return _Received(arrival, content, self._store.put_pieces(pieces))

    def _kept(self, receipt: tuple[int, str, str, int]) -> bytes:
        """Bytes of a receipt, as many as are read."""
        _, _, digest, size = receipt
        return self._store.get(digest) if size < _HEAD else self._store.head(digest, _HEAD)

    def _record(self, batch: Sequence[_Received]) -> list[tuple[int, bool]]:
        """Store the bytes and record receipts; return each arrival's receipt and whether its bytes were new."""
        kept = [received.kept or (digest_of(received.content), len(received.content)) for received in batch]
        with ThreadPoolExecutor(1) as aside:
            # The bytes go to disk while receipts are inserted; these are committed once those are there.
            stored = aside.submit(self._store.put_all, [received.content for received in batch if not received.kept])
            receipts = self._insert([received.arrival for received in batch], kept)
            stored.result()
        self._connection.commit()
        return receipts

    def _insert(self, batch: Sequence[Arrival], kept: Sequence[tuple[str, int]]) -> list[tuple[int, bool]]:
        digests = [digest for digest, _ in kept]
        said = {
            "nom": [arrival.name for arrival in batch],
            "canal": [arrival.channel for arrival in batch],
            "expediteur": [arrival.origin.sender for arrival in batch],
            "recu_le": [arrival.origin.received_at for arrival in batch],
        }
        with self._connection.cursor() as cursor:
            cursor.execute(_RECORD, {**said, "empreinte": digests, "taille": [size for _, size in kept]})
            known = {digest: (receipt, new) for digest, receipt, new in cursor}
            receipts = []
            for digest in digests:
                receipt, new = known[digest]
                receipts.append((receipt, new))
                known[digest] = (receipt, False)
            cursor.execute(_PRESENT, {**said, "recepisse_id": [receipt for receipt, _ in receipts]})
        return receipts

    def _load(self, reading: Reading, files: Mapping[int, int]) -> None:
        """Load what is read of those receipts that have no verdict yet, in one transaction.

        Args:
            reading: the files, on their way.
            files: number of the file of each receipt.
        """
        returns: dict[int, ReadReturn] = {}
        with self._connection.cursor() as cursor:
            cursor.execute(
                "select recepisse_id from entrepot.recepisse where recepisse_id = any(%s) and verdict = 'recu'"
                " order by recepisse_id for update skip locked",
                [list(files)],
            )
            receipts = [receipt for (receipt,) in cursor]
            reading.keep(files[receipt] for receipt in receipts)
            with cursor.copy("copy brut.ligne from stdin") as copy:
                for receipt in receipts:
                    answer = reading.answer(files[receipt])
                    if answer.read is None:
                        name = one_line(reading.files[files[receipt]].name)
                        log.error("Reading receipt %s (%s) failed: %s", receipt, name, answer.details or answer.fault)
                        self.broken.append(f"receipt {receipt} ({name}): {answer.fault}")
                        continue
                    copy.write(of_receipt(receipt, answer.rows))
                    returns[receipt] = answer.read
            self._load_structure(cursor, returns)
            self._judge(cursor, returns)
        self._connection.commit()

    @staticmethod
    def _load_structure(cursor: psycopg.Cursor[Any], returns: dict[int, ReadReturn]) -> None:
        """Load the sheets of the receipts, and the tables found on them."""
        with cursor.copy("copy brut.feuille from stdin") as copy:
            copy.write(
                "".join(
                    copy_row((receipt, feuille, nom, str(masquee)))
                    for receipt, read in returns.items()
                    for feuille, nom, masquee in read.feuilles
                )
            )
        with cursor.copy("copy brut.tableau from stdin") as copy:
            copy.write(
                "".join(
                    copy_row((receipt, tableau, feuille, ligne_entete, json.dumps(colonnes)))
                    for receipt, read in returns.items()
                    for tableau, feuille, ligne_entete, colonnes in read.tableaux
                )
            )

    def _judge(self, cursor: psycopg.Cursor[Any], returns: dict[int, ReadReturn]) -> None:
        record_reading_findings(cursor, {receipt: read.constats for receipt, read in returns.items()}, self._suites)
        motifs = [structure_message(read.constats, self._suites) or None for read in returns.values()]
        cursor.execute(
            _VERDICT,
            {
                "recepisse_id": list(returns),
                "genre": [read.genre for read in returns.values()],
                "format": [read.format for read in returns.values()],
                "territoire_id": [read.territoire_id for read in returns.values()],
                "trimestre": [read.trimestre for read in returns.values()],
                "millesime": [read.millesime for read in returns.values()],
                "motif": motifs,
            },
        )

    def _outcomes(self, batch: Sequence[Arrival], receipts: Sequence[tuple[int, bool]]) -> list[Outcome]:
        with self._connection.cursor() as cursor:
            cursor.execute(_OUTCOMES, [[receipt for receipt, _ in receipts]])
            rows = {row[0]: row for row in cursor}
        self._connection.commit()
        outcomes = []
        for arrival, (receipt, new) in zip(batch, receipts, strict=True):
            _, _, verdict, genre, territoire_id, trimestre, motif, superseded = rows[receipt]
            outcomes.append(
                Outcome(
                    receipt, arrival.name, verdict, genre, territoire_id, trimestre, motif, superseded, known=not new
                )
            )
        return outcomes


def _batches(items: Iterable[T], size: Callable[[T], int]) -> Iterator[list[T]]:
    """Some items at a time: no more than `BATCH`, and none more once `BATCH_BYTES` are passed."""
    batch: list[T] = []
    total = 0
    for item in items:
        batch.append(item)
        total += size(item)
        if len(batch) == BATCH or total >= BATCH_BYTES:
            yield batch
            batch, total = [], 0
    if batch:
        yield batch

"""Take arrivals in: keep the bytes, record the receipt, then read it, load its lines and give the verdict.

Bytes are stored first and recorded before anything reads them, so a crash in between loses nothing: receipts without
a verdict are read again next time.
"""

import json
import logging
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import psycopg

from entrepot.forms.reader import ReadReturn, Reference, read_return
from entrepot.quality.reading import record_reading_findings, structure_message
from entrepot.quality.rules import Suites
from entrepot.receipts.arrivals import Arrival
from entrepot.receipts.copytext import copy_line
from entrepot.receipts.store import ByteStore

log = logging.getLogger(__name__)

# Bounds memory and the length of a transaction; larger batches gain nothing measurable.
BATCH = 100
STORE_THREADS = 8

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
select * from unnest(%s::bigint[], %s::text[], %s::text[], %s::text[], %s::timestamptz[])
"""

_VERDICT = """
update entrepot.recepisse
set genre = %(genre)s, format = %(format)s, territoire_id = %(territoire_id)s, trimestre = %(trimestre)s,
    millesime = %(millesime)s, verdict = %(verdict)s, verdict_le = clock_timestamp(), motif = %(motif)s
where recepisse_id = %(recepisse_id)s and verdict = 'recu'
"""

_OUTCOMES = """
select
    recepisse_id, nom_fichier, verdict, genre, territoire_id, trimestre, motif,
    verdict = 'accepte' and genre = 'retour' and exists (
        select from entrepot.recepisse as later
        where later.verdict = 'accepte' and later.territoire_id = recepisse.territoire_id
            and later.trimestre = recepisse.trimestre
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


class Intake:
    """Takes arrivals in, batch by batch, on one connection (autocommit off)."""

    def __init__(
        self, connection: psycopg.Connection[Any], store: ByteStore, reference: Reference, suites: Suites
    ) -> None:
        self._connection = connection
        self._store = store
        self._reference = reference
        self._suites = suites
        self.broken: list[str] = []

    def take(self, arrivals: Sequence[Arrival], read_bytes: Callable[[Arrival], bytes]) -> Iterator[list[Outcome]]:
        """Take arrivals in, oldest first; each batch is committed before its outcomes are yielded.

        A fault of our own reader on a file keeps no other out; its receipt has no verdict, `broken` names it.
        """
        for start in range(0, len(arrivals), BATCH):
            batch = arrivals[start : start + BATCH]
            contents = [read_bytes(arrival) for arrival in batch]
            receipts = self._record(batch, contents)
            self._read(
                {
                    receipt: (arrival.name, content)
                    for arrival, content, (receipt, _) in zip(batch, contents, receipts, strict=True)
                }
            )
            yield self._outcomes(batch, receipts)

    def resume(self) -> None:
        """Read the receipts that an interruption, or a fault of our reader, left without a verdict."""
        with self._connection.cursor() as cursor:
            cursor.execute("select recepisse_id, nom_fichier, empreinte from entrepot.recepisse where verdict = 'recu'")
            pending = cursor.fetchall()
        self._connection.commit()
        for receipt, name, digest in pending:
            self._read({receipt: (name, self._store.get(digest))})

    def _record(self, batch: Sequence[Arrival], contents: Sequence[bytes]) -> list[tuple[int, bool]]:
        """Store the bytes, then record receipts; return each arrival's receipt and whether its bytes were new."""
        # Each waits for its disk or its bucket: they wait together.
        with ThreadPoolExecutor(STORE_THREADS) as pool:
            digests = list(pool.map(self._store.put, contents))
        with self._connection.cursor() as cursor:
            cursor.execute(
                _RECORD,
                {
                    "empreinte": digests,
                    "taille": [len(content) for content in contents],
                    "nom": [arrival.name for arrival in batch],
                    "canal": [arrival.channel for arrival in batch],
                    "expediteur": [arrival.origin.sender for arrival in batch],
                    "recu_le": [arrival.origin.received_at for arrival in batch],
                },
            )
            known = {digest: (receipt, new) for digest, receipt, new in cursor}
            receipts = []
            for digest in digests:
                receipt, new = known[digest]
                receipts.append((receipt, new))
                known[digest] = (receipt, False)
            cursor.execute(
                _PRESENT,
                (
                    [receipt for receipt, _ in receipts],
                    [arrival.name for arrival in batch],
                    [arrival.channel for arrival in batch],
                    [arrival.origin.sender for arrival in batch],
                    [arrival.origin.received_at for arrival in batch],
                ),
            )
        self._connection.commit()
        return receipts

    def _read(self, files: dict[int, tuple[str, bytes]]) -> None:
        """Read those of the receipts that have no verdict yet and load their lines, in one transaction."""
        returns: dict[int, ReadReturn] = {}
        with self._connection.cursor() as cursor:
            cursor.execute(
                "select recepisse_id from entrepot.recepisse where recepisse_id = any(%s) and verdict = 'recu'"
                " order by recepisse_id for update skip locked",
                [list(files)],
            )
            for (receipt,) in cursor.fetchall():
                name, content = files[receipt]
                try:
                    returns[receipt] = read_return(content, name, self._reference)
                except Exception as error:  # a fault of ours on one file must not keep the others out
                    log.exception("Reading receipt %s (%s) failed", receipt, name)
                    self.broken.append(f"receipt {receipt} ({name}): {type(error).__name__}: {error}")
            self._load(cursor, returns)
            self._judge(cursor, returns)
        self._connection.commit()

    @staticmethod
    def _load(cursor: psycopg.Cursor[Any], returns: dict[int, ReadReturn]) -> None:
        with cursor.copy("copy brut.feuille from stdin") as copy:
            for receipt, read in returns.items():
                for row in read.feuilles:
                    copy.write_row((receipt, *row))
        with cursor.copy("copy brut.tableau from stdin") as copy:
            for receipt, read in returns.items():
                for tableau, feuille, ligne_entete, colonnes in read.tableaux:
                    copy.write_row((receipt, tableau, feuille, ligne_entete, json.dumps(colonnes)))
        with cursor.copy("copy brut.ligne from stdin") as copy:
            for receipt, read in returns.items():
                copy.write(
                    "".join(
                        copy_line((receipt, *coordinates), cells, marks) for *coordinates, cells, marks in read.lignes
                    )
                )

    def _judge(self, cursor: psycopg.Cursor[Any], returns: dict[int, ReadReturn]) -> None:
        record_reading_findings(cursor, {receipt: read.constats for receipt, read in returns.items()}, self._suites)
        cursor.executemany(
            _VERDICT,
            [
                {
                    "recepisse_id": receipt,
                    "genre": read.genre,
                    "format": read.format,
                    "territoire_id": read.territoire_id,
                    "trimestre": read.trimestre,
                    "millesime": read.millesime,
                    "verdict": "rejete" if (motif := structure_message(read.constats, self._suites)) else "accepte",
                    "motif": motif or None,
                }
                for receipt, read in returns.items()
            ],
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

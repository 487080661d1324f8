"""The marked copy of a file: what its sender is sent back."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePosixPath

from openpyxl.utils import get_column_letter
from psycopg.rows import class_row

from entrepot.errors import EntrepotError
from entrepot.forms.files.container import Container, identify
from entrepot.forms.files.refusal import Refusal
from entrepot.forms.files.xlsx import sheet_parts
from entrepot.receipts.bounds import in_bounds
from entrepot.receipts.store import ByteStore
from entrepot.restitution import french
from entrepot.sender import findings as followed
from entrepot.sender.findings import Finding
from entrepot.sender.marked_workbook import SHEET, has_macros, mark_workbook
from entrepot.sender.marks import Mark
from entrepot.sender.notes import Place
from entrepot.sender.ooxml import UnpatchableError
from entrepot.sender.return_sheet import REPEATED, Letter, Line, ReadTable, written
from entrepot.sender.texts import ToDo, Verdict, texts
from entrepot.sender.value_copy import blank, copy_values
from entrepot.warehouse.engine import Connection

# A file with more findings than these is wrong in one way, said many times.
MOST_FINDINGS = 2000
_LONGEST_NAME = 120
_NOT_IN_NAMES = re.compile(r'[<>:"/\\|?*\x00-\x1f\x7f]')
_ENDING = " - retour ANCT"

_RECEIPT = """
select
    recepisse.recepisse_id, recepisse.empreinte, recepisse.nom_fichier, recepisse.canal, recepisse.recu_le,
    recepisse.genre, recepisse.format, recepisse.territoire_id, recepisse.trimestre, recepisse.verdict, recepisse.motif,
    cite.nom as cite,
    exists (
        select from entrepot.traitement
        where traitement.recepisse_id = recepisse.recepisse_id and etape = 'controle') as controle,
    (select count(*) from entrepot.correction_appliquee as appliquee
     where appliquee.recepisse_id = recepisse.recepisse_id and appliquee.colonne is not null) as corrections,
    (select suivant.recepisse_id from entrepot.recepisse as suivant
     where suivant.territoire_id = recepisse.territoire_id and suivant.trimestre = recepisse.trimestre
        and suivant.verdict = 'accepte' and suivant.canal <> 'correction'
        and (suivant.recu_le, suivant.recepisse_id) > (recepisse.recu_le, recepisse.recepisse_id)
     order by suivant.recu_le desc, suivant.recepisse_id desc limit 1) as remplacant
from entrepot.recepisse
left join reference.ref_territoires as cite on cite.territoire_id = recepisse.territoire_id
where recepisse.recepisse_id = %s
"""
_ORIGIN = "select nom_fichier, format, recu_le from entrepot.recepisse where empreinte = %s"

# Filled cells among those that the form asks for: in a fiche, the answer of each question.
_READ = """
select
    tableau.tableau as name,
    feuille.nom as sheet,
    count(*)::integer as lines,
    coalesce(sum(remplies.nombre), 0)::integer as cells,
    (select count(distinct (constat.ligne, constat.champ))::integer from entrepot.constat
     where constat.recepisse_id = tableau.recepisse_id and constat.tableau = tableau.tableau
        and constat.severite = 'valeur' and constat.ligne is not null) as rejected
from brut.tableau
inner join brut.feuille using (recepisse_id, feuille)
inner join brut.ligne using (recepisse_id, feuille, tableau)
cross join lateral (
    select count(ligne.cellules[colonne.numero::integer]) as nombre
    from jsonb_each_text(tableau.colonnes) as colonne (champ, numero)
    where tableau.ligne_entete is not null or colonne.champ = ligne.repere
) as remplies
where tableau.recepisse_id = %s and ligne.nature = 'donnee'
group by tableau.recepisse_id, tableau.tableau, feuille.feuille, feuille.nom
order by feuille.feuille, min(ligne.ligne)
"""


@dataclass(frozen=True)
class MarkedCopy:
    """A file to send back: a name for it, and its bytes, those of an .xlsx; `alone` when it is our sheet only."""

    name: str
    content: bytes
    alone: bool


def marked_copy(connection: Connection, store: ByteStore, receipt_id: int, dictionary: str = "") -> MarkedCopy:
    """The sender's own workbook with each faulty cell marked, and the sheet « Retour ANCT » in front.

    None of their cells changes. What is no .xlsx comes back as a copy of its values; what could not be opened, or costs
    more to copy than any honest file (it is copied within the bounds of reading), as the sheet alone. For a receipt
    derived from corrections by the ANCT, it is the file that was sent.

    Args:
        connection: on the warehouse.
        store: where the bytes received are kept.
        receipt_id: the receipt.
        dictionary: address at which the rules are explained (setting `dictionary_url`); empty: nothing leads to it.

    Raises:
        EntrepotError: there is no such receipt, or it is not read or not checked yet.
    """
    receipt = _receipt(connection, receipt_id)
    file = _File(receipt.empreinte, receipt.nom_fichier, receipt.format, receipt.recu_le)
    if receipt.canal == "correction":
        origin = json.loads(store.get(receipt.empreinte))["origine"]
        row = connection.execute(_ORIGIN, [origin]).fetchone()
        assert row is not None
        file = _File(origin, *row)
    found = followed.of_receipt(connection, receipt_id)
    read = _read(connection, receipt_id) if receipt.verdict == "accepte" else []
    letter = _Letter(receipt, file, found, read, dictionary)
    copied = _copied(store, letter)
    if isinstance(copied, bytes):
        return MarkedCopy(_name(file.name), copied, alone=False)
    return MarkedCopy(_name(file.name), _marked(blank(SHEET), letter, {}, [_why_alone(copied)]), alone=True)


@dataclass(frozen=True)
class _Receipt:
    """What is on record of a receipt.

    Attributes:
        cite: name of the cité, where it is known.
        controle: its cells are checked.
        corrections: values that the ANCT corrected.
        remplacant: a receipt that replaces it.
    """

    recepisse_id: int
    empreinte: str
    nom_fichier: str
    canal: str
    recu_le: datetime
    genre: str
    format: str | None
    territoire_id: str | None
    trimestre: str | None
    verdict: str
    motif: str | None
    cite: str | None
    controle: bool
    corrections: int
    remplacant: int | None


@dataclass(frozen=True)
class _File:
    """The file that was sent."""

    digest: str
    name: str
    format: str | None
    received_at: datetime


@dataclass(frozen=True)
class _Letter:
    """All that is to be said of a file."""

    receipt: _Receipt
    file: _File
    findings: Sequence[Finding]
    read: Sequence[ReadTable]
    dictionary: str

    @property
    def shown(self) -> Sequence[Finding]:
        """Findings that are marked and listed: those still open first, if there are very many."""
        return sorted(self.findings, key=lambda finding: not finding.is_open)[:MOST_FINDINGS]

    def marks(self, names: Mapping[str, str]) -> dict[str, dict[Place, Mark]]:
        """What is marked on each sheet of the copy, told the names that sheets have there."""
        found: dict[str, dict[Place, list[Finding]]] = {}
        for finding in self.shown:
            sheet = names.get(finding.feuille or "")
            if finding.is_open and sheet and finding.ligne_marquee and finding.colonne_marquee:
                place = finding.ligne_marquee, finding.colonne_marquee
                found.setdefault(sheet, {}).setdefault(place, []).append(finding)
        return {
            sheet: {
                place: Mark(any(one.is_error for one in there), "\n\n".join(map(_note, there)))
                for place, there in places.items()
            }
            for sheet, places in found.items()
        }

    def sheet(self, names: Mapping[str, str], notes: Iterable[str]) -> Letter:
        """What our sheet says, told what is to be said of the copy itself."""
        alone = not names
        lines = [Line(finding, names.get(finding.feuille or ""), _address(finding)) for finding in self.shown]
        to_do: ToDo = "constats" if self._open else "rien"
        if alone and self.findings:
            to_do = "illisible" if self.file.format is None else "sans_copie"
        return Letter(
            file=texts().fichier.format(
                fichier=self.file.name, jour=french.day(self.file.received_at), recepisse=self.receipt.recepisse_id
            ),
            verdict=self._verdict,
            what_to_do=texts().que_faire[to_do].format(contact=texts().contact),
            lines=lines,
            read=self.read,
            notes=[*notes, *self._notes],
            alone=alone,
            dictionary=self.dictionary,
        )

    @property
    def _open(self) -> Sequence[Finding]:
        return [finding for finding in self.findings if finding.is_open]

    @property
    def _verdict(self) -> str:
        receipt = self.receipt
        cite = f"{receipt.cite or ''} ({receipt.territoire_id})".strip()
        quarter = french.quarter(receipt.trimestre) if receipt.trimestre else ""
        known = receipt.territoire_id and receipt.trimestre
        kind = receipt.genre if known or receipt.genre not in ("retour", "retrait") else "inconnu"
        about = texts().objets[kind].format(cite=cite, trimestre=quarter)
        case: Verdict = "accepte" if self._open else "sans_constat"
        if receipt.genre == "retrait":
            case = "retire"
        elif receipt.verdict == "rejete":
            case = "rejete"
        errors = sum(finding.is_error for finding in self._open)
        counts = [(errors, "valeur à corriger", "valeurs à corriger")]
        counts += [(len(self._open) - errors, "question", "questions")]
        said = " et ".join(french.plural(*count) for count in counts if count[0])
        return texts().verdicts[case].format(objet=about, constats=said, motif=receipt.motif)

    @property
    def _notes(self) -> list[str]:
        said = texts().notes
        notes = []
        if self.receipt.corrections:
            corrected = french.plural(self.receipt.corrections, "valeur", "valeurs")
            notes.append(said["corrections"].format(nombre=corrected))
        if self.receipt.remplacant:
            notes.append(said["remplace"].format(recepisse=self.receipt.remplacant))
        if (more := len(self.findings) - MOST_FINDINGS) > 0:
            notes.append(said["suite"].format(nombre=french.plural(more, "constat", "constats")))
        return notes


def _receipt(connection: Connection, receipt_id: int) -> _Receipt:
    with connection.cursor(row_factory=class_row(_Receipt)) as cursor:
        receipt = cursor.execute(_RECEIPT, [receipt_id]).fetchone()
    if receipt is None:
        raise EntrepotError(f"There is no receipt {receipt_id}: `entrepot receive` prints their numbers.")
    if receipt.verdict == "recu":
        raise EntrepotError(f"Receipt {receipt_id} is not read yet: `entrepot receive` reads what waits.")
    if receipt.verdict == "accepte" and not receipt.controle:
        raise EntrepotError(f"Receipt {receipt_id} is accepted, and its cells are not checked yet: `entrepot run`.")
    return receipt


def _read(connection: Connection, receipt_id: int) -> list[ReadTable]:
    return [ReadTable(*row) for row in connection.execute(_READ, [receipt_id])]


def _copied(store: ByteStore, letter: _Letter) -> bytes | Refusal | None:
    """The sender's file, marked; None when it could not be read, a refusal when it cannot be copied."""
    if letter.file.format is None:  # what could not be read once is not tried again
        return None
    try:
        return in_bounds(_copy, store.get(letter.file.digest), letter)
    except Refusal as refusal:
        return refusal


def _why_alone(refusal: Refusal | None) -> str:
    said = texts().notes
    return said["sans_copie"].format(cause=refusal.cause) if refusal else said["illisible"]


def _copy(content: bytes, letter: _Letter) -> bytes:
    """A file that was opened once, marked; it runs in a process of its own."""
    said, file = texts().notes, letter.file
    container = identify(content)
    if container.format == "xlsx":
        try:
            return _own_workbook(container, letter)
        except UnpatchableError as cause:
            note = said["copie_obligee"].format(cause=cause)
    else:
        note = said["copie"].format(format=PurePosixPath(file.name).suffix[1:] or container.format)
    copy = copy_values(container, file.name)
    return _marked(copy.content, letter, copy.names, [note])


def _own_workbook(container: Container, letter: _Letter) -> bytes:
    assert container.archive is not None
    notes = [texts().notes["intact"]]
    if has_macros(container.content):
        notes.append(texts().notes["macros"])
    return _marked(container.content, letter, {name: name for name in sheet_parts(container.archive)}, notes)


def _marked(content: bytes, letter: _Letter, names: Mapping[str, str], notes: Iterable[str]) -> bytes:
    """Mark a workbook, told the name that each sheet of the file has in it."""
    sheet = letter.sheet(names, notes)
    return mark_workbook(content, letter.marks(names), lambda looks, outside: written(sheet, looks, outside), REPEATED)


def _address(finding: Finding) -> str | None:
    if finding.ligne_marquee and finding.colonne_marquee:
        return f"{get_column_letter(finding.colonne_marquee)}{finding.ligne_marquee}"
    return None


def _note(finding: Finding) -> str:
    """What the comment of a cell says of a finding."""
    return texts().commentaire.format(
        gravite=texts().gravites[finding.severite],
        regle=finding.regle,
        constat=finding.constat,
        vu=finding.seen,
        attendu=finding.valeur_attendue or "—",
    )


def _name(filename: str) -> str:
    """Name of the copy: that of the file, without what no file system takes, and its own ending."""
    stem = PurePosixPath(filename.replace("\\", "/")).stem
    bare = _NOT_IN_NAMES.sub("_", stem.removesuffix(_ENDING))[:_LONGEST_NAME].strip(" .")
    return f"{bare or 'fichier'}{_ENDING}.xlsx"

"""Writing the whole sample: workbooks, the list of pactes, the manifest of arrivals and the ledger."""

import csv
import hashlib
import io
import os
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from entrepot.forms.vintage import lists, vintages
from entrepot.sample import catalogue as reference
from entrepot.sample import figures, ledger, pactes, plan, returns
from entrepot.sample.catalogue import Catalogue, SampleError
from entrepot.sample.fill import NOTICE
from entrepot.sample.writers import WRITERS
from entrepot.settings import Settings

DEFAULT_SEED = 20240326
MANIFEST = "bordereau.csv"
README = "LISEZ-MOI.txt"
PACTES_SENT_ON = datetime(2026, 4, 20, 10, 12, tzinfo=plan.PARIS)


@dataclass(frozen=True)
class SampleReport:
    """What was written.

    Attributes:
        inbox: folder to drop as it is: workbooks and `bordereau.csv`, nothing else.
        truth: the ledger, `verite.json` (`verite.csv` beside it holds the faults alone), out of the inbox's way.
        files, cells: workbooks and filled cells.
        faults: number of lines of the ledger, by kind of fault.
        targets: national totals the accepted values add up to, by indicator.
    """

    inbox: Path
    truth: Path
    files: int
    cells: int
    faults: dict[str, int]
    targets: dict[str, float]


def write_sample(
    out: Path,
    seed: int = DEFAULT_SEED,
    territories: int = 84,
    quarters: int = 12,
    progress: Callable[[int, int], None] | None = None,
) -> SampleReport:
    """Write sample returns and the ledger of what is wrong in them.

    The same arguments always write the same bytes. Accepted values of the full set round to the published figures; a
    smaller set gets its share of the totals, and fewer events of each kind.

    Args:
        out: folder to create, or empty: it gets the files to drop in the inbox, and `<out>-verite` beside it the ledger
            and a notice, which are no returns.
        seed: draws everything.
        territories: the first so many cités, 1 to 84.
        quarters: the first so many quarters from 2022-T1, 1 to 12.
        progress: called with files written so far and files in all.

    Raises:
        SampleError: an argument is out of bounds, the folder is in use, or reference data is missing.
    """
    known = reference.load(Settings().seeds_dir)
    _check(out, territories, quarters, known)
    drawn = plan.draw(known, seed, territories, quarters)
    out.mkdir(parents=True, exist_ok=True)
    forms = {form.millesime: form for form in vintages()}
    studio = returns.Studio(known, drawn, figures.draw(known, drawn), forms, out)
    written, planted = _write_all(studio, progress)
    written.append(_write_pactes(known, seed, out))
    written.sort(key=lambda file: (file.recu_le, file.fichier))
    planted.sort(key=lambda fault: (fault.fichier, fault.feuille, fault.cellule, fault.faute, fault.regle))
    (out / MANIFEST).write_text(_manifest(written), encoding="utf-8")
    truth = out.with_name(f"{out.name}-verite") / "verite.json"
    truth.parent.mkdir(exist_ok=True)
    silent = [list(pair) for pair in sorted(drawn.silent)]
    truth.write_text(ledger.as_json(written, planted, studio.figures.targets, silent), encoding="utf-8")
    truth.with_suffix(".csv").write_text(ledger.as_csv(planted), encoding="utf-8-sig")
    truth.with_name(README).write_text(
        "\n".join(("ÉCHANTILLON FICTIF", "", *NOTICE, f"Graine : {seed}", "")), encoding="utf-8"
    )
    return SampleReport(
        inbox=out,
        truth=truth,
        files=len(written),
        cells=sum(file.cellules for file in written),
        faults=dict(sorted(Counter(fault.faute for fault in planted).items())),
        targets=studio.figures.targets,
    )


def _check(out: Path, territories: int, quarters: int, known: Catalogue) -> None:
    if not 1 <= territories <= len(known.territories):
        raise SampleError(f"{territories} territories cannot be written: choose from 1 to {len(known.territories)}.")
    if not 1 <= quarters <= len(known.quarters):
        raise SampleError(f"{quarters} quarters cannot be written: choose from 1 to {len(known.quarters)}.")
    if out.exists() and any(out.iterdir()):
        raise SampleError(f"{out} holds files already: choose another folder, or empty it first.")


def _write_all(
    studio: returns.Studio, progress: Callable[[int, int], None] | None
) -> tuple[list[ledger.Written], list[ledger.Planted]]:
    """One task per territory, over as many processes as there are processors."""
    total = len(studio.plan.sendings)
    written: list[ledger.Written] = []
    planted: list[ledger.Planted] = []
    with ProcessPoolExecutor(os.cpu_count(), initializer=_keep, initargs=(studio,)) as pool:
        tasks = [pool.submit(_write_territory, territory.id) for territory in studio.plan.territories]
        for task in as_completed(tasks):
            files, faults = task.result()
            written += files
            planted += faults
            if progress:
                progress(len(written), total)
    return written, planted


_kept: returns.Studio | None = None


def _keep(studio: returns.Studio) -> None:
    """Hand the plan over once per process, not once per task."""
    global _kept  # noqa: PLW0603
    _kept = studio


def _write_territory(code: str) -> tuple[list[ledger.Written], list[ledger.Planted]]:
    if _kept is None:
        raise RuntimeError("the process was not initialised")
    territory = next(t for t in _kept.plan.territories if t.id == code)
    return returns.write_returns(_kept, territory)


def _write_pactes(known: Catalogue, seed: int, inbox: Path) -> ledger.Written:
    lines = pactes.labels(known, seed)
    book = pactes.workbook(lists()["pactes_liste"], known, lines)
    content = WRITERS["xlsxwriter"][0](book)
    (inbox / pactes.NAME).write_bytes(content)
    return ledger.Written(
        fichier=pactes.NAME,
        territoire_id="",
        trimestre="",
        cite_expeditrice="",
        recu_le=PACTES_SENT_ON.isoformat(),
        ecrit_par="xlsxwriter",
        etat="final",
        verdict="accepte",
        en_vigueur=True,
        memes_octets_que="",
        empreinte=hashlib.sha256(content).hexdigest(),
        cellules=sum(1 for sheet in book.sheets for _ in sheet.filled()),
    )


def _manifest(written: list[ledger.Written]) -> str:
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=";", lineterminator="\n")
    writer.writerow(("fichier", "recu_le", "expediteur"))
    for file in written:
        sender = f"equipe@{file.cite_expeditrice}.exemple.invalid" if file.cite_expeditrice else pactes.SENDER
        writer.writerow((file.fichier, file.recu_le, sender))
    return buffer.getvalue()

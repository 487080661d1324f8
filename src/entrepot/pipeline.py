"""The steps of the work, each a function that the command line and the DAGs both call.

Each step asks the database what is to be done, takes all of it, and says so when there is nothing: whoever announces
work may do it twice, late or not at all, and no figure depends on it. Steps that write marts take turns.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from entrepot.errors import EntrepotError, ReadingError, ReleaseRefusedError
from entrepot.forms.reader import Reference
from entrepot.quality.rules import load_suites
from entrepot.receipts.arrivals import Arrival, Folder, single_file
from entrepot.receipts.intake import Intake, Outcome
from entrepot.receipts.store import ByteStore
from entrepot.settings import Settings
from entrepot.warehouse import method, releases
from entrepot.warehouse.dbt import run_dbt
from entrepot.warehouse.engine import Connection, build_lock, connect, migrate, owner_url

log = logging.getLogger(__name__)

# Told after each batch: how many files were taken in, of how many.
Progress = Callable[[int, int], None]


@dataclass
class Taken:
    """What one round of intake brought: an outcome per file, in order of arrival."""

    outcomes: list[Outcome] = field(default_factory=list)

    @property
    def quarters(self) -> list[str]:
        """Quarters whose accepted returns are not published yet by this round."""
        return sorted({o.trimestre for o in self.outcomes if o.verdict == "accepte" and not o.known and o.trimestre})

    @property
    def pactes(self) -> bool:
        """Whether a list of labelled pactes was accepted."""
        return any(o.genre == "liste_pactes" and o.verdict == "accepte" and not o.known for o in self.outcomes)


@dataclass(frozen=True)
class Publication:
    """Outcome of a publication: the release readers now see, and one sentence on what was done."""

    parution_id: int | None
    message: str


def open_warehouse(settings: Settings) -> None:
    """Start the embedded server if it is used, and bring the tables and the reference data up to date."""
    migrate(owner_url(settings))
    load_reference(settings)


def receive(
    settings: Settings, paths: Sequence[Path], received_at: datetime | None = None, progress: Progress | None = None
) -> Taken:
    """Take files and folders in; nothing is moved or deleted.

    Args:
        paths: files, or folders whose files are all taken.
        received_at: their time of arrival; without it, that of the folder's `bordereau.csv`, else now.
        progress: called with (files taken, files in all) after each batch.

    Raises:
        ReadingError: our reader itself broke on some files, after all others were taken in.
        EntrepotError: a path does not exist, or a manifest cannot be read (nothing is taken in then).
    """
    rounds: list[tuple[Folder, list[Arrival]]] = []
    for path in paths:
        if path.is_dir():
            folder = Folder(str(path))
            rounds.append((folder, folder.arrivals("commande", received_at=received_at)))
        elif path.is_file():
            rounds.append((Folder(str(path.parent)), [single_file(path, received_at)]))
        else:
            raise EntrepotError(f"{path} does not exist: give a file, or a folder of files.")
    return _take(settings, rounds, progress, empty_folder=False)


def take_inbox(settings: Settings, progress: Progress | None = None) -> Taken:
    """Take in what lies in the inbox, and remove each file once its bytes are stored and its verdict recorded."""
    inbox = Folder(settings.inbox_url)
    arrivals = inbox.arrivals("depot", quiet_seconds=settings.inbox_quiet_seconds)
    return _take(settings, [(inbox, arrivals)], progress, empty_folder=True)


def _take(
    settings: Settings, rounds: list[tuple[Folder, list[Arrival]]], progress: Progress | None, *, empty_folder: bool
) -> Taken:
    taken = Taken()
    total = sum(len(arrivals) for _, arrivals in rounds)
    with connect(settings) as connection:
        intake = Intake(
            connection,
            ByteStore(settings.store_url),
            Reference.load(settings.seeds_dir),
            load_suites(settings.expectations_dir),
        )
        intake.resume()
        for folder, arrivals in rounds:
            done = 0
            for outcomes in intake.take(arrivals, folder.read):
                if empty_folder:
                    folder.remove(arrivals[done : done + len(outcomes)])
                done += len(outcomes)
                taken.outcomes += outcomes
                if progress:
                    progress(len(taken.outcomes), total)
    if intake.broken:
        raise ReadingError(
            f"{len(intake.broken)} receipts could not be read for a fault of ours; they are kept and stay without a"
            f" verdict until the reader is mended: {'; '.join(intake.broken[:5])}"
        )
    return taken


def load_reference(settings: Settings) -> bool:
    """Load the reference data and the reading functions where they changed; return whether they had."""
    with build_lock(settings), connect(settings) as connection:
        return _renew_reference(connection, settings)


def prepare(settings: Settings) -> int:
    """Stage the lines of every accepted receipt that is not staged yet; return how many receipts that was.

    When reference data, reading functions or staging models changed, everything staged before is staged again.
    """
    with build_lock(settings), connect(settings) as connection:
        _renew_reference(connection, settings)
        again = method.changed(connection, settings, method.PREPARATION)
        if again:
            _forget(connection, settings, "preparation", "controle")
        pending = _pending(connection, "preparation")
        if pending:
            # Lines loaded a moment ago have no statistics yet, and the planner would guess badly.
            connection.execute("analyze entrepot.recepisse, brut.feuille, brut.tableau, brut.ligne")
            connection.commit()
            run_dbt(settings, "build", "--selector", "preparation", *(["--full-refresh"] if again else []))
            connection.execute(
                "insert into entrepot.traitement (recepisse_id, etape) select unnest(%s::bigint[]), 'preparation'",
                [pending],
            )
        method.applied(connection, settings, method.PREPARATION)
        return len(pending)


def check(settings: Settings) -> int:
    """Check every staged receipt that is not checked yet; return how many receipts that was.

    When the rules changed, everything checked before is checked again.
    """
    with build_lock(settings), connect(settings) as connection:
        if method.changed(connection, settings, method.CHECKS):
            _forget(connection, settings, "controle")
            method.applied(connection, settings, method.CHECKS)
            connection.commit()
        pending = _pending(connection, "controle", after="preparation")
        if pending:
            from entrepot.quality.staged import check_staged  # imports Great Expectations: several seconds

            check_staged(owner_url(settings), load_suites(settings.expectations_dir))
        return len(pending)


def publish(settings: Settings) -> Publication:
    """Build the marts of everything checked, audit them, and swap them in if the audit passes.

    Raises:
        ReleaseRefusedError: the audit found a blocking fault; readers keep what they had.
        EntrepotError: a model broke, or readers held the marts; readers keep what they had.
    """
    with build_lock(settings), connect(settings) as connection:
        made_of = releases.content(connection, settings)
        if not (reason := releases.due(connection, made_of)):
            return Publication(None, "Nothing new to publish.")
        log.info("Building a release: %s", reason)
        release = releases.open_release(connection, made_of, settings)
        try:
            run_dbt(settings, "build", "--selector", "marts", parution_id=release)
            _audit(settings, release)
            releases.publish_candidate(connection, release, settings)
        except EntrepotError as error:
            releases.give_up(connection, release, error)
            raise
        return Publication(release, f"Release {release} published: {reason}.")


def run(settings: Settings, quarters: Sequence[str] = ()) -> Publication:
    """Do in the foreground what the DAGs do: empty the inbox, prepare, check, publish.

    Args:
        quarters: quarters that must have something accepted, such as `2023-T4`; none means whatever there is.

    Raises:
        EntrepotError: a quarter named has no accepted return.
    """
    open_warehouse(settings)
    take_inbox(settings)
    with connect(settings) as connection:
        rows = connection.execute("select distinct trimestre from entrepot.recepisse where verdict = 'accepte'")
        known = {row[0] for row in rows}
    if missing := [quarter for quarter in quarters if quarter not in known]:
        raise EntrepotError(f"No accepted return for {', '.join(missing)}: see `entrepot status`.")
    prepare(settings)
    check(settings)
    return publish(settings)


def _audit(settings: Settings, release: int) -> None:
    from entrepot.quality.audit import audit_candidate  # imports Great Expectations: several seconds

    audit = audit_candidate(owner_url(settings), releases.CANDIDATE, release, load_suites(settings.expectations_dir))
    if not audit.passed:
        raise ReleaseRefusedError(
            f"Release {release} did not pass its audit and is not published; readers keep the previous one. "
            + " ".join(audit.failures)
        )


def _renew_reference(connection: Connection, settings: Settings) -> bool:
    changed = method.changed(connection, settings, method.REFERENCE)
    if changed:
        run_dbt(settings, "build", "--selector", "reference", "--full-refresh")
        method.applied(connection, settings, method.REFERENCE)
        connection.commit()
    return changed


def _forget(connection: Connection, settings: Settings, *steps: str) -> None:
    """Unmark steps that another method must do again, with the findings of the checks (the reader's own stay)."""
    connection.execute("delete from entrepot.traitement where etape = any(%s)", [list(steps)])
    connection.execute(
        "delete from entrepot.constat where not regle = any(%s)", [list(load_suites(settings.expectations_dir).reader)]
    )


def _pending(connection: Connection, step: str, after: str | None = None) -> list[int]:
    """Accepted receipts that have not gone through `step`, of those that went through the step before it."""
    rows = connection.execute(
        """
        select recepisse_id from entrepot.recepisse
        where verdict = 'accepte'
            and not exists (
                select from entrepot.traitement
                where traitement.recepisse_id = recepisse.recepisse_id and etape = %(step)s)
            and (%(after)s::text is null or exists (
                select from entrepot.traitement
                where traitement.recepisse_id = recepisse.recepisse_id and etape = %(after)s))
        order by recepisse_id
        """,
        {"step": step, "after": after},
    ).fetchall()
    return [row[0] for row in rows]

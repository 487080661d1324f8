"""The steps of the work, each a function that the command line and the DAGs both call.

Each step asks the database what is to be done, takes all of it, and says so when there is nothing: whoever announces
work may do it twice, late or not at all, and no figure depends on it. Steps that write marts take turns.
"""

import logging
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from entrepot.errors import EntrepotError, ReadingError, ReleaseRefusedError
from entrepot.forms.reader import Reference
from entrepot.quality.rules import load_suites
from entrepot.receipts import corrections, derivation
from entrepot.receipts.arrivals import Arrival, Folder, single_file
from entrepot.receipts.intake import Intake, Outcome
from entrepot.receipts.store import ByteStore
from entrepot.settings import Settings
from entrepot.warehouse import knowledge, method, releases
from entrepot.warehouse.dbt import manifest_digest, run_dbt
from entrepot.warehouse.engine import Connection, build_lock, connect, migrate, owner_url
from entrepot.warehouse.replay import Replayed, copy_ledger, open_again, otherwise_read

log = logging.getLogger(__name__)

# Receipts from which a batch changes what the planner has to know (`planifier`, `analyser` in dbt_project/macros).
MANY = 40
# Receipts staged at a time: bounds memory and temporary files, and costs a start of dbt each.
BATCH = 5000

# Told after each batch: how many files were taken in, of how many.
Progress = Callable[[int, int], None]
# Told at each step of a replay: its name, and how much of it is done of how much, where that is known.
Steps = Callable[[str, int | None, int | None], None]


@dataclass
class Taken:
    """What one round of intake brought: an outcome per file, in order of arrival.

    `corrections` says, for each ledger of corrections (its receipt), how many of its lines are in which state.
    """

    outcomes: list[Outcome] = field(default_factory=list)
    corrections: Mapping[int, Counter[str]] = field(default_factory=dict)

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
    store, reference = ByteStore(settings.store_url), Reference.load(settings.seeds_dir)
    suites = load_suites(settings.expectations_dir)
    with connect(settings) as connection, Intake(connection, store, reference, suites) as intake:
        intake.resume()
        for folder, arrivals in rounds:
            done = 0
            for outcomes in intake.take(arrivals, folder.open):
                if empty_folder:
                    folder.remove(arrivals[done : done + len(outcomes)])
                done += len(outcomes)
                taken.outcomes += outcomes
                if progress:
                    progress(len(taken.outcomes), total)
    kept = [outcome for outcome in taken.outcomes if outcome.verdict == "accepte"]
    if ledgers := [outcome.recepisse_id for outcome in kept if outcome.genre == "registre_corrections"]:
        taken.corrections = correct(settings, ledgers)
    if intake.broken:
        raise ReadingError(
            f"{len(intake.broken)} receipts could not be read for a fault of ours; they are kept and stay without a"
            f" verdict until the reader is mended: {'; '.join(intake.broken[:5])}"
        )
    return taken


def correct(settings: Settings, ledgers: Sequence[int] = ()) -> Mapping[int, Counter[str]]:
    """Apply the corrections by the ANCT that returns and ledgers not staged yet call for, as derived receipts.

    Args:
        ledgers: receipts of ledgers to tell of.

    Returns:
        For each ledger asked for, how many of its lines are in which state.
    """
    with build_lock(settings), connect(settings) as connection:
        _renew_reference(connection, settings)
        _correct(connection, settings)
        return corrections.states(connection, ledgers)


def load_reference(settings: Settings) -> bool:
    """Load the reference data and the reading functions where they changed; return whether they had."""
    with build_lock(settings), connect(settings) as connection:
        return _renew_reference(connection, settings)


def prepare(settings: Settings) -> int:
    """Stage the lines of every accepted receipt that is not staged yet; return how many receipts that was.

    Corrections by the ANCT that concern them are applied first, as derived receipts staged with them.

    When reference data, reading functions or staging models changed, everything staged before is staged again.
    """
    with build_lock(settings), connect(settings) as connection:
        _renew_reference(connection, settings)
        again = method.changed(connection, settings, method.PREPARATION)
        if again:
            _forget(connection, settings, "preparation", "controle")
        pending = _correct(connection, settings)
        if len(pending) > MANY:
            # Lines loaded a moment ago have no statistics yet, and the planner would guess badly.
            connection.execute("analyze entrepot.recepisse, brut.feuille, brut.tableau, brut.ligne")
        connection.commit()
        for start in range(0, len(pending), BATCH):
            _stage(connection, settings, pending[start : start + BATCH], again=again and start == 0)
        method.applied(connection, settings, method.PREPARATION)
        return len(pending)


def _stage(connection: Connection, settings: Settings, receipts: list[int], *, again: bool) -> None:
    connection.execute("truncate entrepot.lot_preparation")
    connection.execute("insert into entrepot.lot_preparation select unnest(%s::bigint[])", [receipts])
    connection.commit()
    run_dbt(settings, "build", "--selector", "preparation", *(["--full-refresh"] if again else []))
    connection.execute(
        "insert into entrepot.traitement (recepisse_id, etape) select recepisse_id, 'preparation'"
        " from entrepot.lot_preparation"
    )
    connection.commit()


def check(settings: Settings) -> int:
    """Check every staged receipt that is not checked yet; return how many receipts that was.

    When the rules changed, everything checked before is checked again.
    """
    with connect(settings) as connection:
        # A run whose work another did must not wait while that one publishes.
        if not (method.changed(connection, settings, method.CHECKS) or _to_check(connection)):
            return 0
    with build_lock(settings), connect(settings) as connection:
        if method.changed(connection, settings, method.CHECKS):
            _forget(connection, settings, "controle")
            method.applied(connection, settings, method.CHECKS)
            connection.commit()
        pending = _to_check(connection)
        if pending:
            from entrepot.quality.staged import check_staged  # imports Great Expectations: several seconds

            check_staged(owner_url(settings), load_suites(settings.expectations_dir))
        return len(pending)


def _to_check(connection: Connection) -> list[int]:
    """Receipts that are staged and not checked yet."""
    return _pending(connection, "controle", after="preparation")


def publish(settings: Settings) -> Publication:
    """Build the marts of everything checked, audit them, and swap them in if the audit passes.

    When the method changed and receipts wait as well, two releases follow one another: what the method changes, then
    what the receipts change.

    Raises:
        ReleaseRefusedError: the audit found a blocking fault; readers keep what they had.
        EntrepotError: a model broke, or readers held the marts; readers keep what they had.
    """
    published = Publication(None, "Nothing new to publish.")
    with build_lock(settings), connect(settings) as connection:
        while True:
            made_of = releases.content(connection, settings)
            if not (due := releases.due(connection, made_of)):
                return published
            log.info("Building a release: %s", due.reason)
            release = releases.open_release(connection, made_of, settings, due)
            try:
                _build(connection, settings, release)
                _audit(settings, release)
                releases.publish_candidate(connection, release, settings)
            except EntrepotError as error:
                releases.give_up(connection, release, error)
                raise
            published = Publication(release, f"Release {release} published: {due.reason}.")


def _build(connection: Connection, settings: Settings, release: int) -> None:
    """Compute the facts of the receipts that have none, then the rows of the marts that they can change.

    In a new room, everything is computed; else what a release of receipts cannot change is left as it is.
    """
    row = connection.execute("select complete from entrepot.parution where parution_id = %s", [release]).fetchone()
    assert row is not None
    pending = _pending(connection, "faits", after="controle")
    connection.commit()
    run_dbt(settings, "build", "--selector", "salle" if row[0] else "parution", parution_id=release)
    connection.execute(
        "insert into entrepot.traitement (recepisse_id, etape) select unnest(%s::bigint[]), 'faits'", [pending]
    )
    connection.execute(
        "update entrepot.parution set manifeste = %s where parution_id = %s", [manifest_digest(settings), release]
    )
    connection.commit()


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


def replay(settings: Settings, there: Settings, tell: Steps) -> Replayed:
    """Make the newest release again from the receipts alone, in another database (`warehouse.replay`).

    Every step is the one that made it; its cut-off, and when each receipt is known, are taken over from the ledger.

    Args:
        settings: those of the warehouse.
        there: those of the other database, which is empty.
        tell: told of each step.

    Raises:
        EntrepotError: nothing is published, bytes are missing or altered, or a step failed.
    """
    tell("Taking the ledger over", None, None)
    migrate(owner_url(settings))
    migrate(owner_url(there))
    store = ByteStore(there.store_url)
    suites = load_suites(there.expectations_dir)
    with connect(settings) as original, connect(there) as connection:
        release = copy_ledger(original, connection)
        with Intake(connection, store, Reference.load(there.seeds_dir), suites) as intake:
            intake.resume(lambda done, total: tell("Reading receipts", done, total))
        if intake.broken:
            raise ReadingError(f"The reader breaks on {len(intake.broken)} receipts: {'; '.join(intake.broken[:5])}")
        verdicts = otherwise_read(connection)
        connection.commit()
        tell("Loading reference data", None, None)
        load_reference(there)
        corrections.record(connection, there.seeds_dir)
        known = derivation.load_again(connection, store, list(suites.reader))
        connection.commit()
        tell("Preparing", None, None)
        prepare(there)
        row = connection.execute("select count(*) from entrepot.recepisse where canal = 'correction'").fetchone()
        assert row is not None
        connection.commit()
        tell("Checking", None, None)
        check(there)
        tell("Building the marts", None, None)
        other_method = open_again(connection, release, there)
        knowledge.put_in_force(connection)
        connection.commit()
        _build(connection, there, release)
        releases.publish_candidate(connection, release, there)
    return Replayed(there, release, verdicts, row[0] - known, other_method)


def _audit(settings: Settings, release: int) -> None:
    from entrepot.quality.audit import audit_candidate  # imports Great Expectations: several seconds

    audit = audit_candidate(owner_url(settings), releases.ROOM, release, load_suites(settings.expectations_dir))
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


def _correct(connection: Connection, settings: Settings) -> list[int]:
    """Write the derived receipts that corrections call for, and return what is to be staged.

    Returns are staged with the receipts derived from them: one accepted meanwhile, for which no correction was looked
    for, waits for the next time.
    """
    waiting = set(_pending(connection, "preparation"))
    corrections.record(connection, settings.seeds_dir)
    if pairs := derivation.touched(connection):
        rules = load_suites(settings.expectations_dir).reader
        derivation.derive(connection, ByteStore(settings.store_url), pairs, list(rules))
    connection.commit()
    derived = {
        row[0] for row in connection.execute("select recepisse_id from entrepot.recepisse where canal = 'correction'")
    }
    return [receipt for receipt in _pending(connection, "preparation") if receipt in waiting | derived]


def _forget(connection: Connection, settings: Settings, *steps: str) -> None:
    """Unmark steps that another method must do again, with the findings of the checks (the reader's own stay)."""
    connection.execute("delete from entrepot.traitement where etape = any(%s)", [list(steps)])
    connection.execute("delete from entrepot.retour_controle")
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

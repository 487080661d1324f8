"""A history of many quarters and territories, made without writing its workbooks.

A small sample is written, read and taken in for real. Its accepted returns are then copied inside PostgreSQL to the
other territories and quarters, each with its own identification, dates and titles; the pipeline does the rest. A
history is kept in its folder, so that every part of the benchmark finds it made.
"""

import csv
import json
import re
import shutil
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import psycopg
from pydantic import SecretStr

from entrepot import pipeline
from entrepot.forms import vintage
from entrepot.quality import gx
from entrepot.sample import write_sample
from entrepot.settings import PROJECT_DIR, Settings
from entrepot.warehouse import method
from entrepot.warehouse.engine import migrate
from entrepot.warehouse.postgres import READER, Server, embedded_binaries

WORK = PROJECT_DIR / ".state" / "bench"
# What is copied: the returns of so many cités, over the quarters that the sample knows.
MODELS, QUARTERS_KNOWN, QUARTERS_A_YEAR = 12, 12, 4
RETURNS_DUE_AFTER = timedelta(days=45)
FACTS = ("fct_actions", "fct_beneficiaires", "fct_gouvernance", "fct_instances", "fct_partenariats")
# Imported here, so that no step is charged with it.
assert gx

Times = dict[str, float]


@dataclass(frozen=True)
class Size:
    """How many quarters, from 2022-T1 on, and how many territories."""

    quarters: int
    territories: int

    def __str__(self) -> str:
        return f"{self.quarters} × {self.territories}"

    @classmethod
    def parse(cls, text: str) -> "Size":
        """A size as the command line writes it: `12x300`."""
        quarters, territories = map(int, text.split("x"))
        return cls(quarters, territories)


@dataclass(frozen=True)
class History:
    """A published history: its server runs.

    Attributes:
        counts: receipts, accepted receipts, filled cells, facts.
        bytes_used: size of the database once everything is published.
        build: seconds that each step of computing everything from what was received took.
    """

    size: Size
    settings: Settings
    server: Server
    counts: dict[str, int]
    bytes_used: int
    build: Times

    @property
    def quarters(self) -> list[str]:
        """Its quarters, in order."""
        return [row["trimestre"] for row in _read(self.settings.seeds_dir / "ref_trimestres.csv")][: self.size.quarters]

    def rows(self, query: str, *parameters: object) -> list[tuple[Any, ...]]:
        """Rows of a query, asked as the owner."""
        with psycopg.connect(self.server.url()) as connection:
            return connection.execute(query.encode(), parameters or None).fetchall()


@contextmanager
def history(size: Size, work: Path = WORK) -> Iterator[History]:
    """The history of a size: found in its folder, or made there; its server runs as long as the context lasts."""
    home = work / f"{size.quarters}x{size.territories}"
    project = home / "project"
    server = Server(home / "postgres", embedded_binaries())
    settings = Settings(project_dir=project, state_dir=home / "state")
    told = home / "history.json"
    if told.exists() and json.loads(told.read_text())["method"] != _method():
        server.destroy()
        shutil.rmtree(home)
    if not told.exists():
        server.destroy()
        shutil.rmtree(home, ignore_errors=True)
        copy_project(project, size)
    server.start()
    settings = settings.model_copy(update={"database_url": SecretStr(server.url())})
    try:
        _serve_later_quarters(home / "vintages")
        if not told.exists():
            _make(size, settings, server, home / "sample")
            told.write_text(json.dumps({"method": _method(), **_publish(settings, server)}))
        known = json.loads(told.read_text())
        yield History(size, settings, server, known["counts"], known["bytes"], known["build"])
    finally:
        server.stop()


def timed(steps: Iterable[tuple[str, Callable[[], object]]]) -> Times:
    """Run steps in order; seconds of each."""
    times = {}
    for name, step in steps:
        start = time.perf_counter()
        step()
        times[name] = time.perf_counter() - start
    return times


def _publish(settings: Settings, server: Server) -> dict[str, Any]:
    """Compute everything from what was received, and say what it cost and gave."""
    build = timed(
        (
            ("prepare", lambda: pipeline.prepare(settings)),
            ("check", lambda: pipeline.check(settings)),
            ("publish", lambda: pipeline.publish(settings)),
        )
    )
    facts = " + ".join(f"(select count(*) from marts.{mart})" for mart in FACTS)  # noqa: S608 - names of ours
    counts = {
        "receipts": "select count(*) from entrepot.recepisse",
        "accepted": "select count(*) from entrepot.recepisse where verdict = 'accepte'",
        "cells": "select count(*) from preparation.stg_cellules",
        "facts": f"select {facts}",
    }
    with psycopg.connect(server.url(), autocommit=True) as connection:
        # What autovacuum would do while nobody is waiting.
        connection.execute("vacuum analyze")
        values = {name: connection.execute(query.encode()).fetchone() for name, query in counts.items()}
        size = connection.execute("select pg_database_size(current_database())").fetchone()
    assert size is not None
    return {"build": build, "counts": {name: row[0] for name, row in values.items() if row}, "bytes": size[0]}


def _method() -> str:
    return method.digest(Settings(), method.WHOLE)


def _make(size: Size, settings: Settings, server: Server, sample: Path) -> None:
    """Take the sample in, and copy its returns to the territories and quarters it does not have."""
    migrate(server.url())
    write_sample(sample, territories=min(size.territories, MODELS), quarters=min(size.quarters, QUARTERS_KNOWN))
    # Read with the reference data of the project: codes that the sample spoils on purpose stay unknown.
    pipeline.receive(settings.model_copy(update={"project_dir": PROJECT_DIR}), [sample])
    pipeline.load_reference(settings)
    with psycopg.connect(server.url()) as connection:
        connection.execute("create temporary table voulus (territoire_id text, modele text)")
        with connection.cursor().copy("copy voulus from stdin") as copy:
            for number in range(1, size.territories + 1):
                copy.write_row((_code(number), _model(number)))
        connection.execute(_PLAN, [size.quarters, QUARTERS_KNOWN])
        connection.execute("analyze copies")
        for statement in _COPIES:
            connection.execute(statement)
    with server.superuser() as connection:
        connection.execute(f"grant connect on database entrepot to {READER}")


# The return in force of each model; quarters after those of the sample take that of the same quarter of the last year.
_PLAN = """
create temporary table copies on commit drop as
with trimestres as (
    select trimestre, annee, numero, date_fin, row_number() over (order by trimestre) as rang
    from reference.ref_trimestres
),
modeles as (
    select distinct on (territoire_id, trimestre) *
    from entrepot.recepisse
    where verdict = 'accepte' and genre = 'retour'
    order by territoire_id, trimestre, recu_le desc, recepisse_id desc
)
select
    modeles.recepisse_id as origine_id, null::bigint as recepisse_id, voulus.territoire_id, territoires.nom,
    voulu.trimestre, voulu.date_fin, modele.annee as annee_modele, voulu.annee, modeles.millesime,
    encode(sha256(('copie ' || voulus.territoire_id || ' ' || voulu.trimestre)::bytea), 'hex') as empreinte,
    modeles.recu_le + (voulu.date_fin - modele.date_fin) * interval '1 day'
    + right(voulus.territoire_id, 3)::integer * interval '7 seconds' as recu_le
from voulus
inner join reference.ref_territoires as territoires using (territoire_id)
inner join trimestres as voulu on voulu.rang <= %s
inner join trimestres as modele
    on modele.rang = case when voulu.rang <= %s then voulu.rang else 8 + voulu.numero end
inner join modeles on modeles.territoire_id = voulus.modele and modeles.trimestre = modele.trimestre
where not exists (
    select from entrepot.recepisse as deja
    where deja.territoire_id = voulus.territoire_id and deja.trimestre = voulu.trimestre
)
"""

_COPIES = (
    "insert into entrepot.recepisse (empreinte, taille, nom_fichier, canal, expediteur, recu_le, genre, format,"
    " territoire_id, trimestre, millesime, verdict, verdict_le)"
    " select copies.empreinte, taille, copies.territoire_id || '_' || copies.trimestre || '.xlsx', 'commande',"
    " 'cite-' || right(copies.territoire_id, 3) || '@exemple.invalid', copies.recu_le, genre, format,"
    " copies.territoire_id, copies.trimestre, copies.millesime, 'accepte', clock_timestamp()"
    " from copies inner join entrepot.recepisse on recepisse.recepisse_id = copies.origine_id"
    " order by copies.recu_le, copies.territoire_id",
    "update copies set recepisse_id = recepisse.recepisse_id from entrepot.recepisse"
    " where recepisse.empreinte = copies.empreinte",
    "insert into brut.feuille (recepisse_id, feuille, nom, masquee)"
    " select copies.recepisse_id, feuille, feuille.nom, masquee"
    " from copies inner join brut.feuille on feuille.recepisse_id = origine_id",
    "insert into brut.tableau (recepisse_id, tableau, feuille, ligne_entete, colonnes)"
    " select copies.recepisse_id, tableau, feuille, ligne_entete, colonnes"
    " from copies inner join brut.tableau on tableau.recepisse_id = origine_id",
    # Titles say whose they are, so that no two returns hold the same data; years of dates follow the quarter.
    """
    insert into brut.ligne (recepisse_id, feuille, ligne, tableau, nature, repere, cellules, marques)
    select
        copies.recepisse_id, ligne.feuille, ligne.ligne, ligne.tableau, ligne.nature, ligne.repere,
        case
            when ligne.nature = 'donnee' and ligne.tableau = 'identification'
                and ligne.repere in ('territoire_id', 'nom_cite', 'trimestre', 'arrete_au')
                then cellules[:valeur.colonne - 1]
                    || case ligne.repere
                        when 'territoire_id' then copies.territoire_id
                        when 'nom_cite' then copies.nom
                        when 'trimestre' then copies.trimestre
                        else copies.date_fin::text
                    end
                    || cellules[valeur.colonne + 1:]
            when ligne.nature = 'donnee' and ligne.tableau = 'actions'
                then (
                    select array_agg(
                        case
                            when rang = (tableau.colonnes ->> 'intitule')::integer
                                then texte || ' ' || copies.territoire_id || ' ' || copies.trimestre
                            when rang in (
                                (tableau.colonnes ->> 'date_debut')::integer, (tableau.colonnes ->> 'date_fin')::integer
                            ) then replace(texte, copies.annee_modele::text, copies.annee::text)
                            else texte
                        end order by rang)
                    from unnest(cellules) with ordinality as cellule (texte, rang)
                )
            else cellules
        end,
        marques
    from copies
    inner join brut.ligne on ligne.recepisse_id = origine_id
    left join brut.tableau on tableau.recepisse_id = origine_id and tableau.tableau = ligne.tableau
    cross join lateral (select (tableau.colonnes ->> ligne.repere)::integer as colonne) as valeur
    """,
    "insert into entrepot.constat (recepisse_id, regle, severite, tableau, champ, feuille, ligne, colonne, valeur,"
    " attendu, message, qui_corrige)"
    " select copies.recepisse_id, regle, severite, tableau, champ, feuille, ligne, colonne, valeur, attendu, message,"
    " qui_corrige from copies inner join entrepot.constat on constat.recepisse_id = origine_id",
)


def copy_project(project: Path, size: Size) -> None:
    """Copy the project, with as many quarters and territories as the history needs, said to be fictitious."""
    unwanted = shutil.ignore_patterns("target", "logs", "dbt_packages")
    for folder in ("dbt_project", "expectations"):
        shutil.copytree(PROJECT_DIR / folder, project / folder, ignore=unwanted)
    seeds = project / "dbt_project" / "seeds"
    quarters = _read(seeds / "ref_trimestres.csv")
    quarters += [_quarter(rank) for rank in range(len(quarters), size.quarters)]
    _write(seeds / "ref_trimestres.csv", quarters)
    territories = _read(seeds / "ref_territoires.csv")
    by_code = {row["territoire_id"]: row for row in territories}
    for number in range(len(territories) + 1, size.territories + 1):
        known = by_code[_model(number)]
        territories.append(
            {**known, "territoire_id": _code(number), "nom": f"Fictive {_letters(number)}", "source": "fictif"}
        )
    _write(seeds / "ref_territoires.csv", territories)
    # What was published of the real territories does not hold of these.
    published = [row for row in _read(seeds / "ref_chiffres_publies.csv") if row["comparaison"] != "referentiel"]
    _write(seeds / "ref_chiffres_publies.csv", published)
    # The returns copied name the neighbourhoods of their model.
    for name in ("ref_territoires_communes.csv", "ref_territoires_qpv2015.csv"):
        rows = _read(seeds / name)
        added = [
            {**row, "territoire_id": _code(number)}
            for number in range(MODELS + 1, size.territories + 1)
            for row in rows
            if row["territoire_id"] == _model(number)
        ]
        _write(seeds / name, list({tuple(row.values()): row for row in rows + added}.values()))


def _serve_later_quarters(folder: Path) -> None:
    """Let the newest form serve every later quarter: a workbook of one is then read like any other."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(PROJECT_DIR / "src" / "entrepot" / "forms" / "vintages", folder)
    newest = max(folder.glob("*.yaml"))
    text = newest.read_text(encoding="utf-8")
    newest.write_text(re.sub(r"(dernier_trimestre: ).*", r"\g<1>2099-T4", text), encoding="utf-8")
    vintage.VINTAGES_DIR = folder
    vintage.vintages.cache_clear()


def _quarter(rank: int) -> dict[str, str]:
    year, number = 2022 + rank // QUARTERS_A_YEAR, rank % QUARTERS_A_YEAR + 1
    first = date(year, 3 * number - 2, 1)
    last = (date(year + 1, 1, 1) if number == QUARTERS_A_YEAR else date(year, 3 * number + 1, 1)) - timedelta(days=1)
    return {
        "trimestre": f"{year}-T{number}",
        "annee": str(year),
        "numero": str(number),
        "date_debut": first.isoformat(),
        "date_fin": last.isoformat(),
        "millesime": "2024",
        "campagne": str(year + 1) if number == QUARTERS_A_YEAR else "",
        "echeance": (last + RETURNS_DUE_AFTER).isoformat(),
    }


def _code(number: int) -> str:
    return f"cde-{number:03}"


def _model(number: int) -> str:
    return _code((number - 1) % MODELS + 1)


def _letters(number: int) -> str:
    """A name of its own for each number, of letters only: names are compared by their letters."""
    return "".join("bcdfghjklm"[int(digit)] + "aeiouaeiou"[int(digit)] for digit in str(number)).capitalize()


def _read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _write(path: Path, rows: list[dict[str, str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0], lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)

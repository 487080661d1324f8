"""Since when each receipt is known, and during which interval each return is in force.

Time lines of knowledge only grow: whatever a release says of a moment before its cut-off, no later release changes. A
receipt is known from its arrival; one that turns up with an arrival that a published release already spoke of (a file
found late, a check that took long) is known from the release that takes it in, which comes after the cut-off of the one
before it even where the clock was set back.
"""

from typing import Any

from entrepot.warehouse.engine import Connection

_LEARN = """
insert into entrepot.connaissance (recepisse_id, connu_le, parution_id)
select
    recepisse_id,
    moment + (row_number() over (partition by moment order by recepisse_id) - 1) * interval '1 microsecond',
    parution_id
from entrepot.recepisse
cross join entrepot.parution
cross join lateral (
    select case
        when recu_le > coalesce(parution.arrete_precedent, '-infinity') then recu_le
        else greatest(parution.commencee_le, parution.arrete_precedent + interval '1 microsecond')
    end as moment
) as moments
where
    parution_id = %(release)s
    and recepisse_id not in (select recepisse_id from entrepot.connaissance)
    and (
        verdict = 'rejete'
        or verdict = 'accepte' and recepisse_id in (
            select recepisse_id from entrepot.traitement where etape = 'controle')
    )
"""

# Of the receipts known at a moment, the one that arrived last is in force: a receipt ends with the first moment at
# which one that arrived after it is known.
_PUT_IN_FORCE = """
with changed as (
    select distinct territoire_id, trimestre
    from entrepot.recepisse
    inner join entrepot.connaissance using (recepisse_id)
    where verdict = 'accepte' and genre = any(%(kinds)s)
        and recepisse_id not in (select recepisse_id from entrepot.vigueur)
)
insert into entrepot.vigueur as vigueur (recepisse_id, genre, territoire_id, trimestre, connu_du, connu_au)
select
    recepisse_id, genre, territoire_id, trimestre, connu_le,
    coalesce(
        min(connu_le) over (
            partition by territoire_id, trimestre order by recu_le, recepisse_id
            rows between 1 following and unbounded following
        ),
        'infinity'
    )
from entrepot.recepisse
inner join entrepot.connaissance using (recepisse_id)
inner join changed using (territoire_id, trimestre)
where verdict = 'accepte' and genre = any(%(kinds)s)
on conflict (recepisse_id) do update set connu_du = excluded.connu_du, connu_au = excluded.connu_au
where (vigueur.connu_du, vigueur.connu_au) is distinct from (excluded.connu_du, excluded.connu_au)
"""

_FORGET = """
with undone as (
    delete from entrepot.connaissance using entrepot.parution
    where connaissance.parution_id = parution.parution_id and statut <> 'publiee'
        and parution.parution_id <> %(release)s
    returning recepisse_id
), out_of_force as (
    delete from entrepot.vigueur using undone where vigueur.recepisse_id = undone.recepisse_id
    returning vigueur.*
)
select distinct territoire_id, trimestre from out_of_force
"""

# Receipts whose interval an undone one had ended are put in force again by being taken out: the next step adds them.
_REOPEN = """
delete from entrepot.vigueur
using unnest(%(territoires)s::text[], %(trimestres)s::text[]) as pairs (territoire_id, trimestre)
where vigueur.territoire_id = pairs.territoire_id and vigueur.trimestre = pairs.trimestre
"""

# What is in force for a territory and quarter: a return, or the withdrawal that ended one.
KINDS = ["retour", "retrait"]


def learn(connection: Connection, release: int, *, new_receipts: bool = True) -> None:
    """Record what the release being built is the first to know, undoing what unpublished ones had learnt.

    Args:
        connection: runs in its current transaction.
        release: the release being built.
        new_receipts: false for a release that only applies another method to what is known already.
    """
    undone: list[tuple[Any, ...]] = connection.execute(_FORGET, {"release": release}).fetchall()
    if undone:
        connection.execute(
            _REOPEN, {"territoires": [row[0] for row in undone], "trimestres": [row[1] for row in undone]}
        )
    if new_receipts:
        connection.execute(_LEARN, {"release": release})
    put_in_force(connection)


def put_in_force(connection: Connection) -> None:
    """Compute when each return is in force from when each receipt is known."""
    connection.execute(_PUT_IN_FORCE, {"kinds": KINDS})
    # Readers of the past plan on them at once.
    connection.execute("analyze entrepot.connaissance, entrepot.vigueur")


def cutoff(connection: Connection) -> Any:
    """Moment of the last receipt known, published or about to be; None when there is none."""
    row = connection.execute("select max(connu_le) from entrepot.connaissance").fetchone()
    return row[0] if row else None

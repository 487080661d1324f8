"""From figures to the cells they are made of, through the marts in between.

Figures are taken level by level, all those of one column in one query: what a whole report rests on costs a few hundred
queries. Cells come from the mart `provenance`, always by receipt.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, TypeVar

import psycopg
from psycopg import sql
from psycopg.rows import tuple_row

from entrepot.restitution.figures import Figure, Shape, catalogue
from entrepot.restitution.instant import Instant, set_instant
from entrepot.restitution.lineage import NUMBERS, Lineage, Source, Sum, lineages
from entrepot.settings import Settings

T = TypeVar("T")
SAME_COLUMN = re.compile(r"\bfait\.(\w+) (=|<=) chiffre\.\1\b")

SCOPES = """
perimetres as materialized (
    select perimetre.niveau, perimetre.code, cite.territoire_id
    from marts.dim_territoire as cite
    cross join lateral (
        values ('france', 'FR'), ('region', cite.region_code), ('territoire', cite.territoire_id)
    ) as perimetre (niveau, code)
    where cite.est_actuel
),
"""
ROWS = """
with {scopes} demandes as (
    select * from unnest({types}) as demandes ({names})
),
-- Found by their key before anything else is looked for.
chiffre as materialized (
    select demandes.no, chiffre.*
    from demandes
    inner join {figures} as chiffre on {same_row}
),
lignes as (
    select
        chiffre.no,
        {key} as cle,
        ({value})::numeric as valeur,
        {kept} as garde
    from chiffre
    inner join {facts} as fait on {condition}
)
select no, cle, valeur from lignes where garde order by no, cle
"""
CELLS = """
select
    demandes.no, provenance.nom_fichier, provenance.feuille, provenance.cellule, provenance.texte_saisi,
    provenance.etat, provenance.regle
from unnest({types}, %(lignes)s::text[], %(champs)s::text[], %(recepisses)s::bigint[])
    as demandes ({names}, cle, champ, recepisse_id)
inner join marts.provenance as provenance
    on
        demandes.recepisse_id = provenance.recepisse_id
        and demandes.cle = provenance.cle
        and demandes.champ = provenance.champ
{chiffre}
where
    provenance.mart = %(mart)s
    and {returns}
    and {condition}
"""
FILES = """
select provenance.recepisse_id, min(provenance.nom_fichier)
from marts.provenance as provenance
where {returns}
group by provenance.recepisse_id
"""
RETURNS = """
provenance.recepisse_id = any(%(des_recepisses)s)
and (%(des_territoires)s::text[] is null or provenance.territoire_id = any(%(des_territoires)s))
and (%(des_trimestres)s::text[] is null or provenance.trimestre = any(%(des_trimestres)s))
"""
SIXTH = Decimal("0.000001")
"""Places to which the marts round means and shares."""


@dataclass(frozen=True)
class Cell:
    """A cell of a workbook as received; the workbook as a whole when it has no address."""

    nom_fichier: str | None
    feuille: str | None = None
    cellule: str | None = None
    texte_saisi: str | None = None
    etat: str | None = None
    regle: str | None = None

    @property
    def place(self) -> tuple[int, str, int]:
        """The address as it sorts: columns from A to Z, then from AA on, then lines."""
        address = self.cellule or ""
        column = address.rstrip("0123456789")
        return len(column), column, int(address[len(column) :] or 0)


@dataclass
class Node:
    """A figure, its value, and what it is made of: other figures, or cells."""

    figure: Figure
    value: Any
    lineage: Lineage
    territoire_id: str | None
    trimestre: str | None
    recepisse_id: int | None
    reference: str | None
    known_on: Instant | None
    parts: list["Part"] = field(default_factory=list)
    cells: list[Cell] = field(default_factory=list)

    @property
    def computed(self) -> Decimal | None:
        """What the figures it is made of come to, by the way its lineage names; None if there is nothing to count."""
        parts = [part for part in self.parts if part.value is not None]
        return COMPUTE[self.lineage.calcul](parts) if parts else None

    @property
    def checks(self) -> bool | None:
        """Whether what it is made of comes to its value; None where nothing is to be counted."""
        if self.lineage.calcul is Sum.NONE or self.value is None or isinstance(self.value, str):
            return None
        computed = self.computed
        if computed is None:
            return bool(self.value == 0)
        return computed.quantize(SIXTH, ROUND_HALF_UP) == Decimal(self.value).quantize(SIXTH, ROUND_HALF_UP)


@dataclass(frozen=True)
class Part:
    """What one figure brings to another.

    Attributes:
        value: what is counted; None where the figure is not known.
        own: whether that is the value of the figure itself.
        sign: -1 if it is subtracted.
        divides: whether it is the denominator.
    """

    node: Node
    value: Decimal | None
    own: bool
    sign: int
    divides: bool


@dataclass(frozen=True)
class Leaf:
    """A figure read from cells, and what it brings to the figure traced, where that can be told."""

    node: Node
    brings: Decimal | None


def leaves(node: Node) -> Iterator[Leaf]:
    """Figures at the end of the way from `node`, read from cells or from a whole return."""
    return _leaves(node, 1, None)


def _leaves(node: Node, weight: int | None, counted: Decimal | None) -> Iterator[Leaf]:
    if not node.lineage.sources:
        if not node.lineage.sans:
            yield Leaf(node, counted if weight is None else _number(node.value, weight))
        return
    for part in node.parts:
        if weight is not None and part.own and node.lineage.calcul is Sum.SUM:
            yield from _leaves(part.node, weight * part.sign, None)
        else:
            # A territory counts once however many of its cells say something: no cell of it counts for one.
            known = weight is not None and part.value is not None and node.lineage.calcul is not Sum.TERRITORIES
            told = Decimal(weight or 0) * part.sign * (part.value or 0) if known else None
            yield from _leaves(part.node, None, None if part.node.lineage.sources else told)


def find_sources(
    connection: psycopg.Connection[Any],
    settings: Settings,
    figures: Iterable[Figure],
    instant: Instant | None = None,
    follow: Callable[[Figure], bool] = lambda _: True,
) -> dict[Figure, Node]:
    """Find what figures are made of, as known at an instant.

    Args:
        connection: one that may read the marts; it is left as known at that instant.
        figures: figures to trace; those that the marts do not have are left out of the answer.
        instant: the present if None.
        follow: which of the figures met on the way are themselves traced on; the others have a value only.
    """
    set_instant(connection, instant)
    return _Finder(connection, settings, instant, follow).find(figures)


@dataclass(frozen=True)
class _Link:
    node: Node
    source: Source
    child: Figure
    value: Decimal | None


class _Finder:
    """What is known of figures at one instant."""

    def __init__(
        self,
        connection: psycopg.Connection[Any],
        settings: Settings,
        instant: Instant | None,
        follow: Callable[[Figure], bool],
    ) -> None:
        self._connection = connection
        self._settings = settings
        self._shapes = catalogue(settings.dbt_dir)
        self._lineages = lineages(settings.dbt_dir)
        self._instant = instant
        self._follow = follow
        self._nodes: dict[Figure, Node] = {}
        self._ends: list[Node] = []

    def find(self, figures: Iterable[Figure]) -> dict[Figure, Node]:
        pending = list(dict.fromkeys(figures))
        asked = set(pending)
        links: list[_Link] = []
        while pending:
            columns = _grouped(pending, lambda figure: (figure.mart, figure.column))
            met = [node for column in columns for node in self._read(column)]
            self._nodes |= {node.figure: node for node in met}
            found: list[_Link] = []
            followed = [node for node in met if node.figure in asked or self._follow(node.figure)]
            for nodes in _grouped(
                followed, lambda node: (node.figure.mart, node.figure.column, id(node.lineage), node.known_on)
            ):
                found += self._trace(nodes)
            links += found
            pending = list(dict.fromkeys(link.child for link in found if link.child not in self._nodes))
        self._attach(links)
        self._fill()
        return self._nodes

    def _trace(self, nodes: list[Node]) -> list[_Link]:
        """Look behind figures of one column and lineage: return the links still to follow."""
        lineage, known_on = nodes[0].lineage, nodes[0].known_on
        if lineage.sources:
            if known_on is None or (self._instant and self._instant.until <= known_on.until):
                return self._links(nodes)
            set_instant(self._connection, known_on)
            earlier = _Finder(self._connection, self._settings, known_on, self._follow)
            links = earlier._links(nodes)
            earlier.find(link.child for link in links)
            earlier._attach(links)
            set_instant(self._connection, self._instant)
        elif not lineage.sans:
            self._ends += [node for node in nodes if node.recepisse_id is not None]
        return []

    def _read(self, figures: list[Figure]) -> list[Node]:
        """Read figures of one column with what is needed to go on."""
        shape, column = self._shapes[figures[0].mart], figures[0].column
        found = self._lineages.of(shape.mart, column)
        territory = "territoire_id" if "territoire_id" in shape.types else "cite_id"
        known = next((lineage.connu_le for lineage in found if lineage.connu_le), None)
        reference = next((lineage.reference_colonne for lineage in found if lineage.reference_colonne), None)
        wanted = [
            column,
            *(
                name if name in shape.types else None
                for name in (territory, "trimestre", "recepisse_id", known, reference)
            ),
        ]
        cases = [
            sql.SQL("when {} then {}").format(self._condition(lineage.si), rank) for rank, lineage in enumerate(found)
        ]
        statement = sql.SQL(
            "select demandes.no, {columns}, case {cases} end"
            " from unnest({types}) as demandes ({names}) inner join {figures} as chiffre on {same_row}"
        ).format(
            columns=sql.SQL(", ").join(
                sql.SQL("chiffre.{}").format(sql.Identifier(name)) if name else sql.SQL("null") for name in wanted
            ),
            cases=sql.SQL(" ").join(cases),
            figures=shape.relation,
            **_asked(shape, figures),
        )
        nodes = []
        for no, value, territoire_id, trimestre, recepisse_id, connu_le, link, rank in self._rows(
            statement, _keys(figures)
        ):
            if rank is None:
                raise LookupError(f"No lineage of {figures[no]} holds for its row.")
            lineage = found[rank]
            nodes.append(
                Node(
                    figures[no],
                    value,
                    lineage,
                    territoire_id,
                    trimestre,
                    recepisse_id,
                    link if lineage.reference_colonne else lineage.reference,
                    Instant.of_day(connu_le) if lineage.connu_le and connu_le else None,
                )
            )
        return nodes

    def _links(self, nodes: list[Node]) -> list[_Link]:
        figures = [node.figure for node in nodes]
        links = []
        for source in nodes[0].lineage.sources:
            shape = self._shapes[source.mart]
            condition = self._lineages.condition(source.lignes)
            statement = sql.SQL(ROWS).format(
                scopes=sql.SQL(SCOPES if "perimetres" in condition else ""),
                key=sql.SQL("array[{}]").format(
                    sql.SQL(", ").join(sql.SQL("fait.{}::text").format(sql.Identifier(name)) for name in shape.key)
                ),
                value=_value(source, nodes[0].lineage, shape),
                kept=sql.SQL(
                    "fait.trimestre >= coalesce(max(fait.trimestre) filter (where {})"
                    " over (partition by chiffre.no), '')"
                ).format(self._condition(source.depuis))
                if source.depuis
                else sql.SQL("true"),
                figures=self._shapes[figures[0].mart].relation,
                facts=shape.relation,
                condition=sql.SQL(condition) + _narrowed(condition, shape, self._shapes[figures[0].mart]),
                **_asked(self._shapes[figures[0].mart], figures),
            )
            links += [
                _Link(nodes[no], source, shape.figure(key, source.colonne), value)
                for no, key, value in self._rows(statement, _keys(figures))
            ]
        return links

    def _attach(self, links: list[_Link]) -> None:
        for link in links:
            source = link.source
            link.node.parts.append(
                Part(
                    self._nodes[link.child],
                    link.value,
                    source.valeur is None and link.node.lineage.calcul not in COUNTING,
                    -1 if source.retranche else 1,
                    source.denominateur,
                )
            )

    def _fill(self) -> None:
        """Fill in the cells of the figures at the end of the way, all those of a mart at once."""
        for nodes in _grouped(self._ends, lambda node: (node.figure.mart, node.lineage.cases_si, node.lineage.retour)):
            (self._fill_files if nodes[0].lineage.retour else self._fill_cells)(nodes)
        self._ends = []

    def _fill_cells(self, nodes: list[Node]) -> None:
        shape, cases_si = self._shapes[nodes[0].figure.mart], nodes[0].lineage.cases_si
        wanted = [(node, champ) for node in nodes for champ in node.lineage.fields(node.figure.column)]
        figures = [node.figure for node, _ in wanted]
        # The row itself is looked at again only where the lineage asks for something of it.
        chiffre = sql.SQL("inner join {} as chiffre on {}") if "chiffre." in cases_si else sql.SQL("")
        asked = _asked(shape, figures)
        statement = sql.SQL(CELLS).format(
            chiffre=chiffre.format(shape.relation, asked["same_row"]),
            returns=sql.SQL(RETURNS),
            condition=self._condition(cases_si),
            **asked,
        )
        parameters = {
            **_keys(figures),
            **_returns(nodes),
            "mart": shape.mart,
            "lignes": ["|".join(figure.row) for figure in figures],
            "champs": [champ for _, champ in wanted],
            "recepisses": [node.recepisse_id for node, _ in wanted],
        }
        for no, *cell in self._rows(statement, parameters):
            wanted[no][0].cells.append(Cell(*cell))
        for node in nodes:
            node.cells.sort(key=lambda cell: (cell.feuille or "", cell.place))

    def _fill_files(self, nodes: list[Node]) -> None:
        names = dict(self._rows(sql.SQL(FILES).format(returns=sql.SQL(RETURNS)), _returns(nodes)))
        for node in nodes:
            if node.recepisse_id in names:
                node.cells.append(Cell(names[node.recepisse_id]))

    def _condition(self, text: str) -> sql.SQL:
        return sql.SQL(self._lineages.condition(text))

    def _rows(self, statement: sql.Composed | sql.SQL, parameters: dict[str, Any]) -> list[tuple[Any, ...]]:
        with self._connection.cursor(row_factory=tuple_row) as cursor:
            return cursor.execute(statement, parameters).fetchall()


def _keys(figures: Sequence[Figure]) -> dict[str, Any]:
    """Parameters that name rows: their number, one list for each value of the key, and the values found in it."""
    columns = list(enumerate(zip(*(figure.row for figure in figures), strict=True)))
    return {
        "no": list(range(len(figures))),
        **{f"cle_{rank}": list(values) for rank, values in columns},
        # Each once: the database goes through them for each row that it looks up.
        **{f"cles_{rank}": sorted(set(values)) for rank, values in columns},
    }


def _asked(shape: Shape, figures: Sequence[Figure]) -> dict[str, sql.Composable]:
    """Parts of a statement that find the rows (`chiffre`) of what is asked (`demandes`)."""
    asked = [f"cle_{rank}" for rank in range(len(shape.key))]
    same = []
    for rank, (name, parameter) in enumerate(zip(shape.key, asked, strict=True)):
        kind = shape.types[name]
        if any(not figure.row[rank] for figure in figures):
            condition = "coalesce(chiffre.{name}::text, '') = demandes.{asked}"
        elif kind == "text":
            # Said twice, so that only the parts asked for are computed of the past.
            condition = "chiffre.{name} = demandes.{asked} and chiffre.{name} = any({parameter}::text[])"
        else:
            condition = "chiffre.{name} = demandes.{asked}::{kind}"
        same.append(
            sql.SQL(condition).format(
                name=sql.Identifier(name),
                asked=sql.Identifier(parameter),
                parameter=sql.Placeholder(parameter.replace("cle_", "cles_")),
                kind=sql.SQL(kind),
            )
        )
    return {
        "types": sql.SQL(", ").join(
            [sql.SQL("%(no)s::integer[]"), *(sql.SQL("{}::text[]").format(sql.Placeholder(name)) for name in asked)]
        ),
        "names": sql.SQL(", ").join(map(sql.Identifier, ["no", *asked])),
        "same_row": sql.SQL(" and ").join(same),
    }


def _narrowed(condition: str, facts: Shape, figures: Shape) -> sql.Composable:
    """What a condition on `fait` and `chiffre` says of `fait` alone: no part of the past is then computed in vain.

    A column that must be that of the figure has one of the values asked for; a quarter up to the figure's is none after
    the last of them.
    """
    said = []
    for name, comparison in dict.fromkeys(SAME_COLUMN.findall(condition)):
        if name in figures.key and facts.types[name] == "text":
            asked = sql.Placeholder(f"cles_{figures.key.index(name)}")
            values = "= any({}::text[])" if comparison == "=" else "<= (select max(cle) from unnest({}::text[]) as cle)"
            said.append(sql.SQL(" and fait.{} " + values).format(sql.Identifier(name), asked))
    return sql.Composed(said)


def _returns(nodes: Sequence[Node]) -> dict[str, Any]:
    """Returns that figures come from; a list of pactes is of no territory and quarter."""
    of_returns = all(node.territoire_id and node.trimestre for node in nodes)
    return {
        "des_recepisses": list({node.recepisse_id for node in nodes}),
        "des_territoires": list({node.territoire_id for node in nodes}) if of_returns else None,
        "des_trimestres": list({node.trimestre for node in nodes}) if of_returns else None,
    }


def _value(source: Source, lineage: Lineage, shape: Shape) -> sql.Composable:
    if lineage.calcul in COUNTING:
        return sql.SQL("1")
    if source.valeur is not None:
        return sql.SQL(source.valeur)
    if shape.types[source.colonne].startswith(NUMBERS):
        return sql.SQL("fait.{}").format(sql.Identifier(source.colonne))
    return sql.SQL("null")


def _number(value: Any, sign: int) -> Decimal | None:
    return sign * Decimal(value) if isinstance(value, int | Decimal) and not isinstance(value, bool) else None


def _total(parts: Sequence[Part]) -> Decimal:
    return sum((part.sign * part.value for part in parts if part.value is not None), Decimal(0))


def _mean(parts: Sequence[Part]) -> Decimal:
    return _total(parts) / len(parts)


def _by_territory(parts: Sequence[Part]) -> list[Decimal]:
    return [_total(group) for group in _grouped(parts, lambda part: part.node.territoire_id)]


def _ratio(parts: Sequence[Part]) -> Decimal:
    return _total([part for part in parts if not part.divides]) / _total([part for part in parts if part.divides])


COUNTING = {Sum.COUNT, Sum.TERRITORIES}
COMPUTE: dict[Sum, Callable[[Sequence[Part]], Decimal | None]] = {
    Sum.SUM: _total,
    Sum.COUNT: _total,
    Sum.TERRITORIES: lambda parts: Decimal(len(_by_territory(parts))),
    Sum.MEAN: _mean,
    Sum.PERCENTAGE: lambda parts: 100 * _mean(parts),
    Sum.MEAN_BY_TERRITORY: lambda parts: sum(_by_territory(parts), Decimal(0)) / len(_by_territory(parts)),
    Sum.HIGHEST_BY_TERRITORY: lambda parts: max(_by_territory(parts)),
    Sum.DIFFERENCE: _total,
    Sum.RATIO: _ratio,
    Sum.NONE: lambda _: None,
}


def _grouped(items: Iterable[T], key: Callable[[T], Any]) -> list[list[T]]:
    groups: dict[Any, list[T]] = defaultdict(list)
    for item in items:
        groups[key(item)].append(item)
    return list(groups.values())

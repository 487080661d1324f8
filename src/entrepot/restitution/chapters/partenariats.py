"""Partnerships: who is associated, how satisfied the cités are, and the change over one year."""

from entrepot.restitution import charts
from entrepot.restitution.chapters import Chapter, Exhibit
from entrepot.restitution.marts import Marts, Row
from entrepot.restitution.tables import Column, Kind, Table

NO_EARLIER = "moins de deux campagnes, ou aucune cité n’a noté ce partenaire aux deux"


def chapter(marts: Marts) -> Chapter:
    """The latest campaign at the quarter, and its change from the one before."""
    campaign = next(iter(marts.rows("campagne")), None)
    if campaign is None:
        text = (
            "Les partenaires ne sont demandés qu’au quatrième trimestre : "
            f"aucune campagne au {marts.quarter['libelle']}."
        )
        return Chapter("partenariats", "Partenariats", [text])
    partners = marts.rows("partenariats")
    return Chapter(
        "partenariats",
        "Partenariats",
        [
            "Les partenaires sont demandés une fois par an, au quatrième trimestre : la campagne "
            f"{campaign['campagne']} est celle du {campaign['libelle']}. Les notes vont de 1 (pas du tout "
            "satisfaisant) à 4 (très satisfaisant) ; est satisfaite une cité qui note 3 ou 4.",
            _change(partners),
        ],
        [
            Exhibit(_campaigns(marts)),
            Exhibit(_changes(campaign, partners), _chart(campaign, partners)),
            Exhibit(_partners(campaign, partners), folded=True),
        ],
    )


def _change(partners: list[Row]) -> str:
    comparable = [row["evolution_note"] for row in partners if row["evolution_note"] is not None]
    if not comparable:
        return "L’évolution sur un an n’est pas calculable : il faut deux campagnes."
    up, down = sum(change > 0 for change in comparable), sum(change < 0 for change in comparable)
    return (
        f"Sur un an, à territoires constants, la note moyenne monte pour {up} partenaires sur {len(comparable)} "
        f"comparables, baisse pour {down} et ne change pas pour {len(comparable) - up - down}."
    )


def _campaigns(marts: Marts) -> Table:
    absent = "aucune réponse à cette campagne"
    return Table(
        "partenariats-campagnes",
        "Partenariats",
        "Partenaires associés par cité, par campagne",
        [
            Column("campagne", "Campagne", absent=absent),
            Column("libelle", "Trimestre"),
            Column("partenaires_associes_moyenne", "Partenaires associés, moyenne par cité", Kind.MEAN, absent=absent),
            Column("partenaires_associes_max", "Partenaires associés, maximum", Kind.COUNT, absent=absent),
            Column("nb_repondants", "Répondants", Kind.COUNT, over="nb_attendus", absent=absent),
        ],
        marts.rows("partenariats_synthese"),
        figure="bilan_partenariats_synthese/{campagne}",
    )


def _changes(campaign: Row, partners: list[Row]) -> Table:
    return Table(
        "partenariats-evolution",
        "Satisfaction sur un an",
        f"Satisfaction sur un an, cités ayant noté le partenaire aux deux campagnes ({_years(campaign)})",
        [
            Column("libelle", "Partenaire"),
            Column("nb_communs", "Cités aux deux campagnes", Kind.COUNT, over="nb_repondants", absent=NO_EARLIER),
            Column("note_moyenne_communs_avant", "Note moyenne, avant", Kind.MEAN, absent=NO_EARLIER),
            Column("note_moyenne_communs", "Note moyenne, après", Kind.MEAN, absent=NO_EARLIER),
            Column("evolution_note", "Évolution", Kind.CHANGE, absent=NO_EARLIER),
            Column("part_satisfaits_communs_avant", "Part satisfaite, avant", Kind.SHARE, absent=NO_EARLIER),
            Column("part_satisfaits_communs", "Part satisfaite, après", Kind.SHARE, absent=NO_EARLIER),
        ],
        partners,
        figure="bilan_partenariats/{campagne}/{partenaire}",
    )


def _chart(campaign: Row, partners: list[Row]) -> charts.Chart | None:
    comparable = [row for row in partners if row["evolution_note"] is not None]
    if not comparable:
        return None
    before, after = _years(campaign).split(" puis ")
    return charts.before_after(
        "graphique-partenariats",
        "Note moyenne de satisfaction par partenaire, à territoires constants",
        [row["libelle"] for row in comparable],
        [(float(row["note_moyenne_communs_avant"]), float(row["note_moyenne_communs"])) for row in comparable],
        names=(f"Campagne {before}", f"Campagne {after}"),
    )


def _years(campaign: Row) -> str:
    return f"{int(campaign['campagne']) - 1} puis {campaign['campagne']}"


def _partners(campaign: Row, partners: list[Row]) -> Table:
    return Table(
        "partenariats-partenaires",
        "Partenaires",
        f"Partenaires associés, cofinanceurs et satisfaction, campagne {campaign['campagne']}",
        [
            Column("libelle", "Partenaire"),
            Column("nb_associes", "Cités qui l’associent / réponses", Kind.COUNT, over="nb_reponses_associe"),
            Column("part_associes", "Part qui l’associe", Kind.SHARE),
            Column("nb_cofinanceurs", "Cités qu’il cofinance", Kind.COUNT, over="nb_repondants"),
            Column("nb_satisfaits", "Cités satisfaites / notes", Kind.COUNT, over="nb_notes", absent="aucune note"),
            Column("part_satisfaits", "Part satisfaite", Kind.SHARE, absent="aucune note"),
            Column("note_moyenne", "Note moyenne", Kind.MEAN, absent="aucune note"),
        ],
        partners,
        figure="bilan_partenariats/{campagne}/{partenaire}",
    )

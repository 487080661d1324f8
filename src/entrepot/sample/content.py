"""What a return says, before it is written: one record per line, codes and Python values, by table and field."""

import random
from collections.abc import Sequence
from datetime import date, timedelta

from entrepot.sample.book import Content, Line
from entrepot.sample.catalogue import Catalogue, Quarter, Territory
from entrepot.sample.figures import Activity, Figures, allocate
from entrepot.sample.plan import rng_for

INDICATORS = (
    "identifies",
    "accompagnes",
    "touches_frein",
    "entres_formation",
    "acces_emploi",
    "creation_activite",
    "sorties_positives",
)
# Share of the people identified that reaches each stage, and that each public makes up (publics overlap).
STAGES = {
    "accompagnes": 0.62,
    "entres_formation": 0.13,
    "acces_emploi": 0.16,
    "creation_activite": 0.025,
    "sorties_positives": 0.29,
}
PUBLICS = {
    "jeunes": 0.27,
    "seniors": 0.16,
    "deld": 0.42,
    "rsa": 0.36,
    "parents_isoles": 0.17,
    "rqth": 0.09,
    "primo_arrivants": 0.11,
}
WOMEN = 0.55
# Share of the actions that end with the quarter and go on after it.
UNDER_WAY = 0.5
# Notes from here up are satisfied ones.
SATISFIED = 3
# Marks every name this sample invents.
INVENTED = "(fictif)"
BODIES = (
    "Comité de pilotage",
    "Comité technique",
    "Groupe de suivi des parcours",
    "Groupe mobilité",
    "Comité des financeurs",
)

PeopleFlow = dict[str, dict[str, dict[str, int]]]


class TerritoryStory:
    """All quarters of one territory, so that its cumuls follow from its flows."""

    def __init__(
        self, catalogue: Catalogue, territory: Territory, quarters: Sequence[Quarter], figures: Figures, seed: int
    ):
        self.catalogue, self.territory, self.quarters, self.figures, self.seed = (
            catalogue,
            territory,
            quarters,
            figures,
            seed,
        )
        self._flows = {q.code: self._flow(q) for q in quarters}
        self._identity_rng = rng_for(seed, "identity", territory.id)
        lists = catalogue.lists
        pick = self._identity_rng.choice
        self._identity: Line = {
            "structure_porteuse": f"Structure porteuse de la cité {territory.name} {INVENTED}",
            "type_structure": pick(list(lists["types_structure"])),
            "perimetre": pick(list(lists["perimetres"])),
            "referent_nom": f"Équipe cité {INVENTED}",
            "referent_courriel": f"equipe@{territory.id}.exemple.invalid",
        }
        self._steering: Line = {
            "service_copilote": pick(list(lists["services_copilotes"])),
            "collectivite_copilote": pick(list(lists["collectivites_copilotes"])),
            "copilotage_equilibre": pick(("oui", "oui", "partiellement", "non")),
            "etp": pick((0.5, 0.8, 1, 1, 1.5, 2)),
        }

    def content(self, quarter: Quarter, closing: date) -> Content:
        """Everything the territory says of a quarter, data closed on a day."""
        rng = rng_for(self.seed, "content", self.territory.id, quarter.code)
        tables: Content = {
            "identification": [self._identification(quarter, closing)],
            "actions": self._actions(quarter, rng),
            "beneficiaires": self._people(quarter),
            "gouvernance": [self._governance(quarter, rng)],
            "instances": self._bodies(rng),
        }
        if quarter.asks_partners:
            tables["partenaires"] = self._partners(quarter)
        return tables

    def _identification(self, quarter: Quarter, closing: date) -> Line:
        return {
            "territoire_id": self.territory.id,
            "nom_cite": self.territory.name,
            "trimestre": quarter.code,
            "arrete_au": closing,
            **self._identity,
            "qpv_couverts": tuple(code for code, _ in self.territory.qpv(quarter.vintage)),
            "contrats_ville": tuple(contract.code for contract in self.territory.contracts),
            "version_gabarit": quarter.vintage,
        }

    def _actions(self, quarter: Quarter, rng: random.Random) -> list[Line]:
        activity = self.figures.activity[self.territory.id, quarter.code]
        lines = [
            *self._repeated("recenser_federer", activity.coordination, 0.7, rng),
            *self._repeated("aller_vers", activity.events, 0.75, rng),
            *self._innovations(activity, rng),
        ]
        types = self.catalogue.axis_of_type
        for number, line in enumerate(lines, start=1):
            line["numero"] = number
            line["type_action"] = rng.choice([kind for kind, axis in types.items() if axis == line["axe"]])
            self._describe(line, quarter, rng)
        if quarter.vintage == "2024":
            lines += self._cancelled(lines, rng)
        return lines

    def _repeated(self, axis: str, occurrences: int, spread: float, rng: random.Random) -> list[Line]:
        """Actions that take place several times; their occurrences add up to the total."""
        count = max(1, round(occurrences * spread))
        parts = allocate(occurrences, [rng.uniform(0.5, 1.5) for _ in range(count)], floor=1)
        freins = list(self.catalogue.lists["freins"])
        # The form asks for a frein on axes 2 and 3 only.
        return [
            {"axe": axis, "occurrences": part, "frein": rng.choice(freins) if axis != "recenser_federer" else None}
            for part in parts
        ]

    def _innovations(self, activity: Activity, rng: random.Random) -> list[Line]:
        """Actions of axis 3: those on a frein count in the published figure, the others do not."""
        freins = [code for code in self.catalogue.lists["freins"] if code != "aucun"]
        on_frein: list[Line] = [{"frein": rng.choice(freins)} for _ in range(activity.obstacles)]
        others: list[Line] = [
            {"frein": "aucun"} for _ in range(max(1, round(activity.obstacles * rng.uniform(0.6, 1.2))))
        ]
        return [{"axe": "innover", "occurrences": rng.choice((1, 1, 2, 3)), **line} for line in on_frein + others]

    def _describe(self, line: Line, quarter: Quarter, rng: random.Random) -> None:
        lists = self.catalogue.lists
        code, place = rng.choice(self.territory.qpv(quarter.vintage))
        start = quarter.first_day + timedelta(days=rng.randint(0, 70))
        end = min(quarter.last_day, start + timedelta(days=rng.choice((0, 0, 0, 7, 14, 30, 60))))
        participants = max(2, round(rng.gammavariate(2.2, 7)))
        total = rng.choice((0, 0, 250, 480, 750, 1200, 1650, 2400, 3800, 5250)) + rng.choice((0, 0, 0, 12.5))
        publics = list(lists["publics"])
        line |= {
            "intitule": f"{lists['types_action'][str(line['type_action'])]} - {place} - n° {line['numero']}",
            "publics": (rng.choice(publics),)
            if quarter.vintage == "2022"
            else tuple(rng.sample(publics, rng.choice((1, 1, 2, 3)))),
            "qpv_concernes": (code,),
            "date_debut": start,
            "date_fin": end,
            "participants": participants,
            "participants_femmes": round(participants * rng.uniform(0.3, 0.8)),
            "participants_jeunes": round(participants * rng.uniform(0, 0.5)),
            "cout_total": total,
            "cout_cite": round(total * rng.choice((0, 0.25, 0.5, 1)), 2),
            "cofinanceurs": tuple(rng.sample(list(lists["partenaires"]), rng.choice((0, 1, 1, 2)))),
        }
        if quarter.vintage == "2024":
            under_way = end == quarter.last_day and rng.random() < UNDER_WAY
            line |= {"statut": "en_cours", "date_fin": None} if under_way else {"statut": "realisee"}

    def _cancelled(self, lines: Sequence[Line], rng: random.Random) -> list[Line]:
        """Cancelled actions are kept and never counted; like planned ones they have an end."""
        counts = (
            "occurrences",
            "participants",
            "participants_femmes",
            "participants_jeunes",
            "cout_total",
            "cout_cite",
        )
        ended = [line for line in lines if line["date_fin"]]
        return [
            {**rng.choice(ended), "numero": len(lines) + rank, "statut": "annulee", **dict.fromkeys(counts, 0)}
            for rank in range(1, rng.choice((1, 1, 2, 3)))
        ]

    # People

    def _flow(self, quarter: Quarter) -> PeopleFlow:
        """New people of a quarter by public, sex and stage: no public above Ensemble, no stage above Identifiés."""
        rng = rng_for(self.seed, "people", self.territory.id, quarter.code)
        activity = self.figures.activity[self.territory.id, quarter.code]
        women = round(activity.reached * rng.uniform(WOMEN - 0.07, WOMEN + 0.07))
        reached = {"f": women, "h": activity.reached - women}
        helped_women = round(activity.helped * women / activity.reached) if activity.reached else 0
        helped_women = min(women, max(helped_women, activity.helped - reached["h"]))
        helped = {"f": helped_women, "h": activity.helped - helped_women}
        flow: PeopleFlow = {"ensemble": {s: self._stages(reached[s], helped[s], rng) for s in "fh"}}
        for public, share in PUBLICS.items():
            flow[public] = {}
            for sex in "fh":
                ceiling = flow["ensemble"][sex]
                members = round(reached[sex] * min(1.0, share * rng.uniform(0.75, 1.25)))
                stages = self._stages(members, round(members * rng.uniform(0.2, 0.4)), rng)
                flow[public][sex] = {stage: min(count, ceiling[stage]) for stage, count in stages.items()}
        return flow

    @staticmethod
    def _stages(identified: int, helped: int, rng: random.Random) -> dict[str, int]:
        counts = {"identifies": identified, "touches_frein": helped}
        for stage, share in STAGES.items():
            counts[stage] = min(identified, round(identified * share * rng.uniform(0.8, 1.2) + rng.uniform(-0.4, 0.4)))
        return {stage: max(0, counts[stage]) for stage in INDICATORS}

    def _people(self, quarter: Quarter) -> list[Line]:
        return self._flux(quarter) if quarter.vintage == "2024" else self._cumul(quarter)

    def _flux(self, quarter: Quarter) -> list[Line]:
        return [
            {"public": public} | {f"{stage}_{sex}": by_sex[sex][stage] for stage in INDICATORS for sex in "fh"}
            for public, by_sex in self._flows[quarter.code].items()
        ]

    def _cumul(self, quarter: Quarter) -> list[Line]:
        until = [self._flows[q.code] for q in self.quarters if q.first_day <= quarter.first_day]

        def line(public: str, source: str, sexes: str) -> Line:
            return {"public": public} | {
                stage: sum(flow[source][sex][stage] for flow in until for sex in sexes) for stage in INDICATORS
            }

        ensemble, *others = [line(public, public, "fh") for public in self._flows[quarter.code]]
        return [ensemble, line("femmes", "ensemble", "f"), *others]

    # Governance and partners

    def _governance(self, quarter: Quarter, rng: random.Random) -> Line:
        answers = self.figures.answers[self.territory.id, quarter.code]
        return {
            **self._steering,
            "animateur_volet_emploi": answers.leads_employment,
            "niveau_cooperation": answers.cooperation,
            "diagnostic_le": quarter.first_day - timedelta(days=rng.randint(10, 300)),
            "articulation_cte": rng.choice(list(self.catalogue.lists["oui_projet_non"])),
        }

    def _bodies(self, rng: random.Random) -> list[Line]:
        levels = list(self.catalogue.lists["niveaux_instance"])
        return [
            {
                "instance": body,
                "niveau": levels[min(rank, len(levels) - 1)],
                "presidence": rng.choice(("Préfecture et collectivité", "Collectivité", "Préfecture")),
                "adossee": rng.choice(("oui", "oui", "non")),
                "reunions": rng.randint(0, 4),
            }
            for rank, body in enumerate(BODIES[: rng.randint(2, len(BODIES))])
        ]

    def _partners(self, quarter: Quarter) -> list[Line]:
        table = self.figures.partnerships[self.territory.id, quarter.code]
        return [
            {
                "partenaire": kind,
                "associe": "oui" if seen.associated else "non",
                "cofinanceur": "oui" if seen.cofunds else "non",
                "satisfaction": str(seen.note) if seen.note else "sans_objet",
                "commentaire": "Coopération à conforter" if seen.note and seen.note < SATISFIED else None,
            }
            for kind, seen in table.items()
        ]


def before_correction(content: Content, rng: random.Random) -> Content:
    """The same return as its sender first sent it: actions forgotten, a workload misjudged, a public left empty."""
    draft = {table: [dict(line) for line in lines] for table, lines in content.items()}
    del draft["actions"][-rng.randint(1, 2) :]
    for line in rng.sample(draft["actions"], k=2):
        line["participants"] = int(line["participants"] or 0) + rng.randint(2, 9)  # type: ignore[arg-type]
    draft["gouvernance"][0]["etp"] = 0.3
    public = rng.choice(draft["beneficiaires"][2:])
    public |= dict.fromkeys((champ for champ in public if champ != "public"), None)
    return draft


def after_publication(content: Content) -> Content:
    """The same return corrected once the figures were out: another answer on who leads, one more partner."""
    changed = {table: [dict(line) for line in lines] for table, lines in content.items()}
    governance = changed["gouvernance"][0]
    governance["animateur_volet_emploi"] = "en_cours" if governance["animateur_volet_emploi"] == "oui" else "oui"
    newcomer = next((line for line in changed["partenaires"] if line["associe"] == "non"), None)
    if newcomer:
        newcomer |= {"associe": "oui", "satisfaction": "3"}
    return changed

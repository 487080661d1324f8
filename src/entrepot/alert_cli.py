"""Commands about the states of rules: `alert list`, `alert send`, `alert silence`, `alert unsilence`."""

import re
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from entrepot.errors import EntrepotError
from entrepot.inert import in_terminal
from entrepot.settings import Settings

console = Console(highlight=False)
alert = typer.Typer(no_args_is_help=True, help="Whose rules changed their state, who was told, and what is silenced.")

Rule = Annotated[str, typer.Argument(metavar="RULE", help="Code of the rule, such as ACT-06.")]
Quarter = Annotated[
    str | None, typer.Option("--trimestre", help="One quarter only, such as 2024-T4; all of them if not given.")
]
LONGEST_CELL = 1000


@alert.command("list")
def list_alerts() -> None:
    """List the states that are not quiet, what was last told of them, and every silence with its end."""
    from entrepot.alerts.rules import load_alert_rules
    from entrepot.alerts.silences import silences
    from entrepot.alerts.states import current, last_told
    from entrepot.sender.calendar import today
    from entrepot.warehouse.engine import connect

    with connect(Settings()) as connection:
        now, told, kept = current(connection, load_alert_rules()), last_told(connection), silences(connection)
    known = {(one.regle, one.trimestre) for one in told}
    table = Table(
        "rule", "scope", "state", "broken", "of", "told (state, to, when)", title="Rules", title_justify="left"
    )
    for rule in now:
        if rule.etat == rule.quiet and (rule.regle, rule.trimestre) not in known:
            continue
        said = [
            f"{one.apres}, {one.destinataire}, {one.dit_le:%Y-%m-%d %H:%M}"
            for one in told
            if (one.regle, one.trimestre) == (rule.regle, rule.trimestre)
        ]
        scope = rule.trimestre or f"release {rule.parution_id}"
        counts = ["" if one is None else str(one) for one in (rule.nombre, rule.sur)]
        table.add_row(rule.regle, scope, rule.etat, *counts, "\n".join(said) or "nobody yet")
    console.print(table)
    listed = Table("rule", "quarter", "state", "since", "until", "service", "reason", title="Silences")
    listed.title_justify = "left"
    for one in kept:
        days = f"{one.depuis:%Y-%m-%d}", f"{one.jusqu_au}"
        words = (in_terminal(text, LONGEST_CELL) for text in (one.service, one.motif))
        listed.add_row(one.regle, one.trimestre or "all", one.state(today()), *days, *words)
    console.print(listed)


@alert.command(epilog="Examples: `entrepot alert send --dry-run` · `entrepot alert send`")
def send(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print what would be told; nobody is told.")] = False,
) -> None:
    """Tell the owners of rules whose state changed, each change once."""
    from entrepot.alerts import sending
    from entrepot.sender.calendar import today
    from entrepot.warehouse.engine import connect

    settings = Settings()
    sending.check(settings)
    if dry_run:
        with connect(settings) as connection:
            would = sending.preview(connection, settings, today())
        for to, text in would:
            console.print(f"— {to}\n{text}", markup=False, soft_wrap=True)
        if not would:
            console.print("Nothing to tell.")
        return
    sent = sending.send(settings, today())
    for sentence in sent.report.sentences():
        console.print(sentence, style="yellow", markup=False, soft_wrap=True)
    console.print(f"Mailed: {len(sent.report.written)}; changes posted to the webhook: {sent.posted}.")
    if sent.report.problems:
        raise typer.Exit(1)


@alert.command(
    epilog='Example: `entrepot alert silence LEC-04 --trimestre 2024-T4 --until 2025-03-31 --reason "liste revue au T1"'
    ' --by "Équipe nationale"`'
)
def silence(
    rule: Rule,
    until: Annotated[str, typer.Option(help="Its last day, such as 2025-03-31.")],
    reason: Annotated[str, typer.Option(help="Why, in French.")],
    by: Annotated[str, typer.Option(help="The service that decided; never a person.")],
    trimestre: Quarter = None,
) -> None:
    """Tell nobody of a rule for a while; what changed meanwhile and still differs is told when it ends."""
    from entrepot.alerts.rules import load_alert_rules
    from entrepot.alerts.silences import silence as keep
    from entrepot.sender.calendar import parse_day, today
    from entrepot.warehouse.engine import connect

    last = parse_day(until, "--until")
    _check_quarter(trimestre)
    with connect(Settings()) as connection:
        keep(connection, load_alert_rules(), rule, trimestre, until=last, reason=reason, service=by, today=today())
    console.print(f"{rule} is silent until {last}.")


@alert.command(epilog="Example: `entrepot alert unsilence LEC-04 --trimestre 2024-T4`")
def unsilence(rule: Rule, trimestre: Quarter = None) -> None:
    """End a silence before its day."""
    from entrepot.alerts.silences import unsilence as end
    from entrepot.sender.calendar import today
    from entrepot.warehouse.engine import connect

    with connect(Settings()) as connection:
        end(connection, rule, trimestre, today())
    console.print(f"{rule} is told of again.")


def _check_quarter(text: str | None) -> None:
    if text is not None and not re.fullmatch(r"20\d\d-T[1-4]", text):
        raise EntrepotError(f"--trimestre: {text!r} is not a quarter such as 2024-T4.")

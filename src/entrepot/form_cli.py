"""The command `entrepot form`: blank forms, for one territory or for all."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from entrepot.errors import EntrepotError
from entrepot.settings import Settings

console = Console(highlight=False)


def form(
    trimestre: Annotated[str, typer.Option(help="The quarter, such as 2024-T1: it decides which form.")],
    out: Annotated[Path, typer.Option(help="The .xlsx file to write; with --all, the folder.")],
    territoire: Annotated[str | None, typer.Option(help="The cité, such as cde-045.")] = None,
    all_territories: Annotated[bool, typer.Option("--all", help="A form for every territory.")] = False,
) -> None:
    """Write the blank form of a quarter, prefilled with what is known of the territory."""
    from entrepot.forms.blank.declared import Declared, NothingDeclared, declared_before
    from entrepot.forms.blank.known import Subjects
    from entrepot.forms.blank.texts import contact
    from entrepot.forms.blank.workbook import blank_form
    from entrepot.forms.choices import Choices

    if (territoire is None) != all_territories:
        raise EntrepotError("Say which territory: --territoire cde-045, or --all.")
    settings = Settings()
    known, choices = Subjects(settings.seeds_dir), Choices.load(settings.seeds_dir)
    codes = sorted(known.names) if territoire is None else [territoire]
    subjects = [known.subject(code, trimestre) for code in codes]
    try:
        declared = declared_before(settings, trimestre)
    except NothingDeclared as nothing:
        declared = {}
        console.print(f"[yellow]{nothing}[/]", soft_wrap=True)
    whom = contact(settings.mail_reply_to)
    for subject in subjects:
        file = out / f"{subject.territoire_id}_{trimestre}.xlsx" if all_territories else out
        content = blank_form(subject, declared.get(subject.territoire_id, Declared()), choices, whom)
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
        except OSError as error:
            raise EntrepotError(f"{file} cannot be written: {error.strerror or error}.") from None
    console.print(f"{len(subjects)} forms written to {out}." if all_territories else f"{out}", soft_wrap=True)

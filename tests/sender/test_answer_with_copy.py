"""The answer to a file carries the sender's own workbook, marked."""

import io
from pathlib import Path

import openpyxl

from entrepot.sender.acknowledgement import acknowledge
from entrepot.warehouse.postgres import Server
from tests.conftest import new_warehouse

from .office import Office, a_return
from .postbox import postbox
from .test_acknowledgement import body


def test_a_rejected_file_comes_back_marked_with_its_answer(template: str, server: Server, tmp_path: Path) -> None:
    with new_warehouse(server, tmp_path / "state", template=template) as warehouse, postbox(tmp_path) as box:
        office = Office(warehouse, tmp_path)
        office.receive(a_return(complete=False), "été 2024.xlsx", "depot@cite.test")
        office.receive(b"%PDF-1.7 ceci n'est pas un classeur", "note.xlsx", "depot@cite.test")
        acknowledge(box.settings(office.settings))
        messages = box.take()
        returned, alone = (
            openpyxl.load_workbook(io.BytesIO(part.get_content()))
            for message in messages
            for part in message.iter_attachments()
        )
        bodies = [body(message) for message in messages]

    assert returned.sheetnames[0] == "Retour ANCT"
    assert {"Identification", "Gouvernance"} <= set(returned.sheetnames)
    said = [str(cell.value) for row in returned["Retour ANCT"].iter_rows() for cell in row if cell.value]
    assert any("Actions" in text for text in said)
    assert alone.sheetnames == ["Retour ANCT"]
    assert "Votre classeur est joint" in bodies[0]
    assert "votre classeur n'y est pas, et elle dit pourquoi" in bodies[1]

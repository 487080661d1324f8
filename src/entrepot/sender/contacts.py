"""Whom to write to: a file that the installation keeps, else the address that a territory typed in its last return.

Addresses are personal data: none is in the project, and none reaches a mart.
"""

import csv
import io
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from entrepot.errors import EntrepotError
from entrepot.warehouse.engine import Connection

COLUMNS = ["territoire_id", "courriel", "copies"]
NATIONAL = "national"
WAREHOUSE = "entrepot"

# What every mail server takes: ASCII, no quoting, a domain with a dot. Nothing that could end a header is in it.
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_ADDRESS = re.compile(rf"(?P<local>{_ATOM}(?:\.{_ATOM})*)@(?:{_LABEL}\.)+(?=[A-Za-z]){_LABEL}")
_MAX_LOCAL, _MAX_ADDRESS = 64, 254

# Addresses that nobody can have (RFC 2606): those of the sample data.
FICTITIOUS = "invalid"

_TYPED = """
select distinct on (territoire_id)
    territoire_id, ligne.cellules[(tableau.colonnes ->> 'referent_courriel')::integer]
from entrepot.recepisse
inner join brut.tableau using (recepisse_id)
inner join brut.ligne using (recepisse_id, feuille, tableau)
where verdict <> 'recu' and canal <> 'correction' and territoire_id is not null
    and tableau.tableau = 'identification' and ligne.repere = 'referent_courriel'
    and ligne.cellules[(tableau.colonnes ->> 'referent_courriel')::integer] is not null
order by territoire_id, recu_le desc, recepisse_id desc
"""


class ContactsError(EntrepotError):
    """The file of contacts cannot be used; the message names the file and the line."""


@dataclass(frozen=True)
class Contact:
    """Whom to write to, and who gets a copy."""

    courriel: str
    copies: tuple[str, ...] = ()

    @property
    def addresses(self) -> tuple[str, ...]:
        """All of them."""
        return (self.courriel, *self.copies)


def address(text: str | None) -> str | None:
    """The address that a text is, without the blanks around it; None when it is none."""
    found = _ADDRESS.fullmatch((text or "").strip())
    if found is None or len(found["local"]) > _MAX_LOCAL or len(found[0]) > _MAX_ADDRESS:
        return None
    return found[0]


def fictitious(courriel: str) -> bool:
    """Whether nobody can have this address."""
    return courriel.rpartition(".")[2].lower() == FICTITIOUS


def load_contacts(file: str, known: Collection[str]) -> dict[str, Contact]:
    """Read the file of contacts.

    Args:
        file: CSV with the columns `territoire_id;courriel;copies`; copies are separated by commas. Empty: no file.
        known: what the first column may say: identifiers of territories and names of regions, beside `national`
            and `entrepot`.

    Returns:
        A contact by identifier of territory, name of region, `national` or `entrepot`.

    Raises:
        ContactsError: the file is missing or is no such CSV, a line names something unknown or twice, or an address is
            none.
    """
    if not file:
        return {}
    path = Path(file)
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ContactsError(f"ENTREPOT_CONTACTS: {path} cannot be read ({error.strerror}).") from None
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("cp1252", errors="replace")
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=";")
    if reader.fieldnames != COLUMNS:
        raise ContactsError(f"{path}, line 1: must be « {';'.join(COLUMNS)} ».")
    found: dict[str, Contact] = {}
    for row in reader:
        where = f"{path}, line {reader.line_num}"
        who = (row["territoire_id"] or "").strip()
        if who not in known and who not in (NATIONAL, WAREHOUSE):
            raise ContactsError(
                f"{where}: « {who} » is no territory, no region, and neither « {NATIONAL} » nor « {WAREHOUSE} »."
            )
        if None in row:
            raise ContactsError(f"{where}: has more than {len(COLUMNS)} columns; copies are separated by commas.")
        if who in found:
            raise ContactsError(f"{where}: « {who} » stands on an earlier line too.")
        typed = [row["courriel"] or "", *filter(str.strip, (row["copies"] or "").split(","))]
        addresses = [valid for text in typed if (valid := address(text))]
        if len(addresses) != len(typed):
            raise ContactsError(f"{where}: one of the addresses of « {who} » is not an e-mail address.")
        found[who] = Contact(addresses[0], tuple(addresses[1:]))
    return found


def typed_contacts(connection: Connection) -> dict[str, Contact]:
    """The address that each territory typed in its last return, accepted or rejected; none where it is no address."""
    return {territory: Contact(valid) for territory, text in connection.execute(_TYPED) if (valid := address(text))}


def listed_contacts(connection: Connection, file: str) -> dict[str, Contact]:
    """Contacts of territories, regions and the national team, out of the file.

    Raises:
        ContactsError: the file cannot be used.
    """
    known = connection.execute("select territoire_id, region from reference.ref_territoires").fetchall()
    return load_contacts(file, {name for row in known for name in row})


def all_contacts(connection: Connection, file: str) -> Mapping[str, Contact]:
    """Those of the file, and for territories that it leaves out, those typed in their last return.

    Raises:
        ContactsError: the file cannot be used.
    """
    return typed_contacts(connection) | listed_contacts(connection, file)

"""What makes a whole file unusable: the return is rejected and its sender must send again."""

import random
from dataclasses import replace

from entrepot.sample.book import Book, Sheet
from entrepot.sample.catalogue import Quarter
from entrepot.sample.compound import compound_file
from entrepot.sample.faults import Place

# Rule expected for each accident.
RULES = {
    "chiffre": "STR-02",
    "tronque": "STR-01",
    "pdf_renomme": "STR-03",
    "mauvais_millesime": "STR-08",
    "feuille_absente": "STR-07",
    "partenaires_absente": "STR-07",
    "cite_inconnue": "STR-04",
    "trimestre_absent": "STR-05",
    "trimestre_hors_millesimes": "STR-06",
}

PDF = b"""%PDF-1.4
% Document fictif
1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj
2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj
3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>endobj
trailer<</Root 1 0 R>>
%%EOF
"""


def other_vintage(quarter: Quarter) -> Quarter:
    """The quarter as someone sees it who fills in the form of the other vintage."""
    return replace(quarter, vintage="2024" if quarter.vintage == "2022" else "2022")


def spoil_book(accident: str, book: Book, rng: random.Random) -> Place:
    """Spoil what the workbook says; return where the sender must be told to look."""
    identity = book.tables["identification"].lines[0]
    place: Place = book
    match accident:
        case "feuille_absente":
            place = _remove(book, rng.choice(("actions", "beneficiaires", "gouvernance")))
        case "partenaires_absente":
            place = _remove(book, "partenaires")
        case "cite_inconnue":
            place = identity["territoire_id"]
            place.value = rng.choice(("cde-199", "cde-085", "à compléter"))
        case "trimestre_absent":
            place = identity["trimestre"]
            place.value = None
        case "trimestre_hors_millesimes":
            place = identity["trimestre"]
            place.value = rng.choice(("T4 2021", "T1 2025"))
        case "mauvais_millesime":
            place = identity["trimestre"]
    return place


def spoil_bytes(accident: str, content: bytes, rng: random.Random) -> bytes:
    """Spoil the bytes themselves."""
    match accident:
        case "chiffre":
            # What a spreadsheet writes when a password is set: nobody holds the key of these random bytes.
            description = b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?><encryption/>'
            return compound_file(
                {
                    "EncryptionInfo": b"\x04\x00\x04\x00\x40\x00\x00\x00" + description,
                    "EncryptedPackage": rng.randbytes(9000),
                }
            )
        case "tronque":
            return content[: len(content) * 6 // 10]
        case "pdf_renomme":
            return PDF
        case _:
            return content


def _remove(book: Book, table: str) -> Sheet:
    sheet = book.tables[table].sheet
    book.sheets.remove(sheet)
    book.tables = {name: kept for name, kept in book.tables.items() if kept.sheet is not sheet}
    return sheet

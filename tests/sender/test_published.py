"""Files of the sample that went the whole way: their findings as published, and a marked copy of every kind of them."""

import io
from collections import Counter
from datetime import timedelta
from typing import Any

import openpyxl
import psycopg
import pytest

from entrepot.forms.files.workbook import open_workbook
from entrepot.receipts.store import ByteStore
from entrepot.sender.findings import of_receipt
from entrepot.sender.marked_copy import marked_copy
from entrepot.sender.marked_workbook import SHEET
from tests.conftest import Warehouse
from tests.sender.package import faults
from tests.sender.test_marked_workbook import assert_theirs_is_untouched, comments

pytestmark = pytest.mark.parametrize("server", ["embedded"], indirect=True)

# A file of each kind, the most faulty.
FILES = """
select recepisse_id, empreinte, nom_fichier, format, verdict
from (
    select recepisse.*, row_number() over (
        partition by format, verdict, split_part(motif, ' ', 3), millesime order by nombre desc, recepisse_id) as rang
    from entrepot.recepisse
    cross join lateral (
        select count(*) as nombre from entrepot.constat where constat.recepisse_id = recepisse.recepisse_id) as constats
    where canal <> 'correction'
) as ranges
where rang = 1
"""
# A territory and quarter of which a second file was accepted, and mended something.
MENDED = """
select territoire_id, trimestre, premier_recepisse_id, etat_recepisse_id, connaissance.connu_le
from marts.suivi_constats inner join entrepot.connaissance on connaissance.recepisse_id = etat_recepisse_id
where etat = 'corrige' and premier_recepisse_id = suivi_constats.recepisse_id
order by reference limit 1
"""


def test_a_copy_of_every_kind_of_file_holds_their_cells(published_warehouse: Warehouse) -> None:
    store = ByteStore(published_warehouse.settings.store_url)
    kinds: Counter[Any] = Counter()
    with psycopg.connect(published_warehouse.url) as connection:
        for receipt, digest, name, form, verdict in published_warehouse.rows(FILES):
            kinds[form, verdict] += 1
            content, copy = store.get(digest), marked_copy(connection, store, receipt).content
            assert faults(copy) == [], name
            if form == "xlsx":
                assert_theirs_is_untouched(content, copy)
            elif form:
                theirs = [(sheet.rows, sheet.marks, sheet.hidden) for sheet in open_workbook(content, name).sheets]
                ours = [(sheet.rows, sheet.marks, sheet.hidden) for sheet in open_workbook(copy, "a.xlsx").sheets]
                assert ours[1:] == theirs, name
            marked = sum(len(comments(copy, sheet)) for sheet in openpyxl.load_workbook(io.BytesIO(copy)).sheetnames)
            due = {
                (one.feuille, one.ligne_marquee, one.colonne_marquee)
                for one in of_receipt(connection, receipt)
                if one.is_open and one.colonne_marquee and one.ligne_marquee
            }
            assert (marked > 0) == (len(due) > 0), name
    assert {"xlsx", "ods", "xls", "csv", None} <= {form for form, _ in kinds}


def test_findings_are_published_once_each_with_their_state(published_warehouse: Warehouse) -> None:
    ((rows, references, groups),) = published_warehouse.rows(
        "select count(*), count(distinct reference), count(distinct recepisse_id) from marts.suivi_constats"
    )
    assert rows == references > 100 and groups > 50
    states = dict(published_warehouse.rows("select etat, count(*) from marts.suivi_constats group by etat"))
    assert states["ouvert"] > 0 and states["corrige"] > 0
    assert published_warehouse.rows(
        "select count(*) from marts.suivi_constats inner join preparation.constats_suivis as suivis using (reference)"
        " where suivis.etat = suivi_constats.etat and suivis.derniere"
    ) == [(rows,)]


def test_findings_are_told_as_they_were_known(published_warehouse: Warehouse) -> None:
    ((cite, quarter, first, second, known),) = published_warehouse.rows(MENDED)
    states = (
        "select array_agg(distinct recepisse_id), bool_or(etat_recepisse_id = %s and etat = 'corrige')"
        " from marts.suivi_constats where territoire_id = %s and trimestre = %s"
    )
    with psycopg.connect(published_warehouse.reader_url) as reader:
        reader.execute("select set_config('entrepot.au', %s, false)", [str(known - timedelta(seconds=1))])
        row = reader.execute(states, [second, cite, quarter]).fetchone()
        assert row is not None
        assert first in row[0] and second not in row[0] and row[1] is not True
        reader.execute("select set_config('entrepot.au', %s, false)", [str(known)])
        row = reader.execute(states, [second, cite, quarter]).fetchone()
        assert row is not None and row[1] is True


def test_our_sheet_names_every_finding_of_a_file(published_warehouse: Warehouse) -> None:
    store = ByteStore(published_warehouse.settings.store_url)
    ((receipt,),) = published_warehouse.rows(
        "select recepisse_id from entrepot.constat group by 1 order by count(*) desc, 1 limit 1"
    )
    with psycopg.connect(published_warehouse.url) as connection:
        copy = openpyxl.load_workbook(io.BytesIO(marked_copy(connection, store, receipt).content))
        references = [
            cell.value for cell in copy[SHEET]["A"] if str(cell.value).startswith("R") and "-" in str(cell.value)
        ]
        assert sorted(references) == sorted(one.reference for one in of_receipt(connection, receipt))

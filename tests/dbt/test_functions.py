"""The reading functions against a real server: no input raises, and what they read is what was meant."""

import calendar
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from openpyxl.utils import get_column_letter

from entrepot.forms.normalise import normalise

pytestmark = pytest.mark.every_server

Connection = psycopg.Connection[Any]

on_a_server = settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])

# Everything PostgreSQL can hold: all but NUL and the halves of surrogate pairs.
any_text = st.text(st.characters(codec="utf-8", exclude_characters="\0"))
# Texts that come close to what is read: digits, signs and words of numbers, dates and codes.
near_text = st.text("0123456789QPNCVAB.,;/-+%€ \u00a0\u202f\n()<>~²½éjanmrs", max_size=30)
texts = any_text | near_text

NUMBER_READINGS = {
    None,
    "nombre_environ",
    "pourcentage_en_texte",
    "milliers_ou_decimales",
    "nombre_borne",
    "nombres_multiples",
    "illisible",
}
MONTHS = ["janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre"]
MONTHS += ["novembre", "décembre"]
days = st.dates(date(2000, 1, 1), date(2049, 12, 31))


def one(connection: Connection, call: str, *arguments: object) -> Any:
    """Value of a scalar function, or row of a function that gives one."""
    row = connection.execute(f"select * from {call}", arguments).fetchone()
    assert row is not None
    return row[0] if len(row) == 1 else row


@on_a_server
@given(text=any_text)
@example(text="Œuvre d´été — l’ÂGE\u200b d\u00a0or")
@example(text="\x1c\x85 ﬁ ½ Ⅷ ① ﾊ")
def test_the_database_normalises_as_the_reader_does(functions: Connection, text: str) -> None:
    assert one(functions, "normaliser(%s)", text) == normalise(text)


@on_a_server
@given(text=texts)
def test_no_text_raises(functions: Connection, text: str) -> None:
    number, number_reading = one(functions, "lire_nombre(%s)", text)
    day, day_reading = one(functions, "lire_date(%s, %s)", text, "fin")
    assert number_reading in NUMBER_READINGS
    assert day_reading in {None, "mois_seul", "illisible"}
    if normalise(text).strip("' "):  # an apostrophe in front is no part of what was typed
        assert (number is None) == (number_reading in {"nombre_borne", "nombres_multiples", "illisible"})
        assert (day is None) == (day_reading == "illisible")
    assert one(functions, "lire_etat(%s)", text) in {None, "non_renseigne", "non_concerne"}
    assert one(functions, "contient_donnee_personnelle(%s)", text) in {True, False}
    for rank, piece, code, reading in functions.execute("select * from lire_codes(%s)", [text]):
        assert rank > 0
        assert piece
        assert (code is None) == (reading == "code_inconnu")
    assert functions.execute("select nom_distinctif(%s), mots(%s)", [text, text]).fetchone() is not None


def test_an_absent_text_is_an_absent_answer(functions: Connection) -> None:
    assert one(functions, "lire_etat(null)") == "non_renseigne"
    assert one(functions, "lire_nombre(null)") == (None, None)
    assert one(functions, "lire_date(null, 'fin')") == (None, None)


def grouped(number: int, separator: str) -> str:
    return f"{number:,}".replace(",", separator)


WAYS_TO_WRITE: dict[str, Callable[[int], str]] = {
    "plain": str,
    "spaced": lambda n: grouped(n, " "),
    "no-break spaced": lambda n: grouped(n, "\u00a0"),
    "thin spaced": lambda n: grouped(n, "\u202f"),
    "with its decimals": lambda n: f"{n},0",
    "as an amount": lambda n: f" {grouped(n, ' ')},00 € ",
    "with its unit": lambda n: f"{n} personnes",
}


@pytest.mark.parametrize("way", WAYS_TO_WRITE)
@settings(on_a_server, max_examples=40)
@given(number=st.integers(0, 10**12))
def test_a_whole_number_is_read_however_it_is_written(functions: Connection, way: str, number: int) -> None:
    assert one(functions, "lire_nombre(%s)", WAYS_TO_WRITE[way](number)) == (number, None)


@on_a_server
@given(number=st.decimals(0, 10**9, places=2), sign=st.sampled_from([",", "."]))
def test_a_comma_or_a_point_is_the_decimal_sign(functions: Connection, number: Decimal, sign: str) -> None:
    assert one(functions, "lire_nombre(%s)", str(number).replace(".", sign)) == (number, None)


@pytest.mark.parametrize(
    ("text", "value", "reading"),
    [
        ("environ 12", 12, "nombre_environ"),
        ("~ 1 200", 1200, "nombre_environ"),
        ("12 environ", 12, "nombre_environ"),
        ("62 %", Decimal("0.62"), "pourcentage_en_texte"),
        ("-3", -3, None),
        ("− 3", -3, None),
        ("1.234,5", Decimal("1234.5"), None),
        ("plus de 12", None, "nombre_borne"),
        ("< 5", None, "nombre_borne"),
        ("12+", None, "nombre_borne"),
        ("au moins 3", None, "nombre_borne"),
        ("12 à 15", None, "nombres_multiples"),
        ("12-15", None, "nombres_multiples"),
        ("20 dont 8 femmes", None, "nombres_multiples"),
        ("12²", None, "illisible"),
        ("½", None, "illisible"),
        ("1,23E+06", None, "illisible"),
        ("1.000", 1, "milliers_ou_decimales"),
        ("12,345 €", Decimal("12.345"), "milliers_ou_decimales"),
        ("0,125", Decimal("0.125"), None),
        ("0.6666666666666666", Decimal("0.6666666666666666"), None),
        ("'12", 12, None),
        ("€ 12", 12, None),
        ("2024-03-05", None, "illisible"),
        ("une vingtaine", None, "illisible"),
        ("12 k€", None, "illisible"),
        ("99999999999999999999", None, "illisible"),
    ],
)
def test_words_around_a_number(functions: Connection, text: str, value: object, reading: str | None) -> None:
    assert one(functions, "lire_nombre(%s)", text) == (value, reading)


@on_a_server
@given(
    day=days,
    way=st.sampled_from(["%Y-%m-%d", "%Y-%m-%dT00:00:00", "%d/%m/%Y", "%d/%m/%y", "%d.%m.%Y", "%d-%m-%Y", "%d %m %Y"]),
)
def test_a_day_is_read_however_it_is_written(functions: Connection, day: date, way: str) -> None:
    assert one(functions, "lire_date(%s, %s)", day.strftime(way), "debut") == (day, None)


@on_a_server
@given(day=days)
def test_a_day_in_words_or_in_a_spreadsheets_count(functions: Connection, day: date) -> None:
    month = MONTHS[day.month - 1]
    ordinal = f"{day.day}{'er' if day.day == 1 else ''}"
    serial = (day - date(1899, 12, 30)).days
    for text in (
        f"{ordinal} {month} {day.year}",
        f"le {day.day} {month.upper()} {day.year}",
        str(serial),
        f"{serial}.5",
    ):
        assert one(functions, "lire_date(%s, %s)", text, "debut") == (day, None), text


@on_a_server
@given(day=days)
def test_a_month_alone_is_its_first_or_its_last_day(functions: Connection, day: date) -> None:
    last = day.replace(day=calendar.monthrange(day.year, day.month)[1])
    for text in (f"{MONTHS[day.month - 1]} {day.year}", f"{day:%m/%Y}", f"{day:%Y-%m}"):
        assert one(functions, "lire_date(%s, %s)", text, "debut") == (day.replace(day=1), "mois_seul"), text
        assert one(functions, "lire_date(%s, %s)", text, "fin") == (last, "mois_seul"), text


@on_a_server
@given(day=st.integers(0, 40), month=st.integers(0, 15), year=st.integers(1980, 2110))
@example(day=29, month=2, year=2023)
@example(day=29, month=2, year=2024)
@example(day=31, month=4, year=2024)
def test_only_days_of_the_calendar_are_days(functions: Connection, day: int, month: int, year: int) -> None:
    try:
        expected: tuple[date | None, str | None] = (date(year, month, day), None)
    except ValueError:
        expected = (None, "illisible")
    if not 1990 <= year <= 2099:
        expected = (None, "illisible")
    assert one(functions, "lire_date(%s, %s)", f"{day:02}/{month:02}/{year}", "debut") == expected


departments = st.sampled_from(["001", "049", "075", "02A", "02B", "971", "974"])
qpv_codes = st.one_of(
    st.builds("QP{}{:03}".format, departments, st.integers(1, 999)),
    st.builds("QN{}{:02}{}".format, departments, st.integers(1, 99), st.sampled_from("MINC")),
)


@on_a_server
@given(codes=st.lists(qpv_codes, max_size=6), separator=st.sampled_from([";", " ; ", ",", ", ", "/", "\n", " "]))
def test_codes_of_a_cell_come_out_in_order(functions: Connection, codes: list[str], separator: str) -> None:
    for text in (separator.join(codes), separator.join(codes).lower()):
        rows = functions.execute("select code, lecture from lire_codes(%s) order by rang", [text]).fetchall()
        assert rows == [(code, None) for code in codes]


@on_a_server
@given(code=qpv_codes, name=st.sampled_from([" - Belle Beille", " (Belle Beille, nord)", "-Savary", ""]))
def test_a_code_is_read_beside_its_name_and_without_its_zero(functions: Connection, code: str, name: str) -> None:
    whole = functions.execute("select code, lecture from lire_codes(%s)", [code + name]).fetchall()
    assert whole == [(code, None)]
    if code[2] == "0":
        cut = code[:2] + code[3:]
        assert functions.execute("select code, lecture from lire_codes(%s)", [cut + name]).fetchall() == [
            (code, "zero_perdu")
        ]


phones = st.builds(
    lambda prefix, digits, separator: (
        prefix + digits[0] + separator + separator.join(digits[i : i + 2] for i in (1, 3, 5, 7))
    ),
    st.sampled_from(["0", "+33", "+33 ", "0033 "]),
    st.from_regex(r"[1-9][0-9]{8}", fullmatch=True),
    st.sampled_from(["", " ", ".", "-"]),
)
mails = st.from_regex(r"[a-z]{1,8}\.[a-z]{1,8}@[a-z]{2,8}\.(fr|org)", fullmatch=True)
two_digits, three_digits = (st.from_regex(rf"[0-9]{{{n}}}", fullmatch=True) for n in (2, 3))
security_numbers = st.builds(
    lambda digits, separator: separator.join(digits),
    st.tuples(
        st.sampled_from("12"), two_digits, st.sampled_from(["01", "12", "85"]), st.sampled_from(["2A", "49"]),
        three_digits, three_digits, two_digits,
    ),
    st.sampled_from(["", " "]),
)  # fmt: skip


@on_a_server
@given(secret=phones | mails | security_numbers, before=st.sampled_from(["", "Contact : ", "(", "été "]))
def test_personal_data_is_found_in_any_grouping(functions: Connection, secret: str, before: str) -> None:
    assert one(functions, "contient_donnee_personnelle(%s)", f"{before}{secret}, merci") is True


@pytest.mark.parametrize(
    "text",
    ["Forum du 12/03/2024 à 14h", "QP049001 ; QP049002", "SIRET 12345678901234", "Budget 10 000 000 €", "2022-2023"],
)
def test_figures_of_a_title_are_no_personal_data(functions: Connection, text: str) -> None:
    assert one(functions, "contient_donnee_personnelle(%s)", text) is False


@on_a_server
@given(column=st.integers(1, 16384), line=st.integers(1, 1_048_576))
def test_coordinates_are_those_of_a_spreadsheet(functions: Connection, column: int, line: int) -> None:
    assert one(functions, "coordonnee(%s, %s)", column, line) == f"{get_column_letter(column)}{line}"


@pytest.mark.parametrize(
    ("text", "state"),
    [
        ("n.d.", "non_renseigne"), ("N/D", "non_renseigne"), ("—", "non_renseigne"), ("NC", "non_renseigne"),
        ("\u00a0…", "non_renseigne"), ("Non renseigné", "non_renseigne"), ("s.o.", "non_concerne"),
        ("Sans  objet", "non_concerne"), ("n/a", "non_concerne"), ("0", None), ("#N/A", None), ("Nord", None),
    ],
)  # fmt: skip
def test_what_stands_for_no_value(functions: Connection, text: str, state: str | None) -> None:
    assert one(functions, "lire_etat(%s)", text) == state

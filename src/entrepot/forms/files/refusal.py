"""Why a file cannot be read at all, and the bounds beyond which we do not try, or give up.

They are an order of magnitude above the largest honest return (some 100 kB, a few thousand cells, read in 10 ms and
30 MB).
"""

MAX_FILE_BYTES = 20_000_000
MAX_UNPACKED_BYTES = 100_000_000
MAX_MEMBERS = 2_000
MAX_SHEETS = 200
# Cells between the first and the last filled cell of a sheet, empty ones included: readers hold them all in memory.
MAX_SHEET_AREA = 1_000_000
# What Excel holds in a cell. Steps after this one look at each text with expressions, in the database too.
MAX_CELL_CHARACTERS = 32_767
# Excel stops at 31; the name of a sheet goes with each of its findings.
MAX_SHEET_NAME = 255
# What is kept of a file: its lines as the text that the database loads, and what the reader has to say of it.
MAX_LOADED_BYTES = 20_000_000
MAX_FINDINGS = 2_000
# What reading may take, where sizes do not tell: one text in a million cells, an expression that looks again and again.
MAX_READING_SECONDS = 30
MAX_READING_BYTES = 500_000_000

TOO_WIDE = "une feuille compte plus d'un million de cases, vides comprises"
TOO_MANY_SHEETS = f"il contient plus de {MAX_SHEETS} feuilles"


class Refusal(Exception):  # noqa: N818 - a verdict on the file, not a fault of ours
    """A file that cannot be read.

    Args:
        regle: STR-01 (damaged), STR-02 (encrypted), STR-03 (not a spreadsheet), STR-09 (too large) or STR-11 (given
            up).
        cause: what was seen, in French; for STR-03, what the file is instead.
    """

    def __init__(self, regle: str, cause: str | None = None) -> None:
        super().__init__(regle, cause)
        self.regle = regle
        self.cause = cause


def damaged(cause: str) -> Refusal:
    """The file is cut short or broken."""
    return Refusal("STR-01", cause)


def encrypted() -> Refusal:
    """The file asks for a password."""
    return Refusal("STR-02")


def not_a_spreadsheet(nature: str) -> Refusal:
    """The file is something else, said in French with its article."""
    return Refusal("STR-03", nature)


def too_large(cause: str) -> Refusal:
    """Reading the file would cost more than any honest return does."""
    return Refusal("STR-09", cause)


def unfinished(cause: str) -> Refusal:
    """Reading the file was given up."""
    return Refusal("STR-11", cause)

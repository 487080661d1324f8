"""Write again the files of LibreOffice that the tests keep: `python -m tests.cas.libreoffice` (soffice is needed).

They are kept so that tests prove them where LibreOffice is not installed. A case whose cells change has its files
written again; its test says so by failing.
"""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from .model import all_cases
from .send import fillings
from .write import KEPT, openpyxl_bytes

FORMATS = {"libreoffice.xlsx": "xlsx:Calc MS Excel 2007 XML", "libreoffice.ods": "ods", "libreoffice.xls": "xls"}


def write_again() -> list[Path]:
    """Convert what openpyxl writes of each case that asks for it; give the files written."""
    written = []
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "out"
        asked = [(case, writer) for case in all_cases() for writer in case.ecrivains if writer in FORMATS]
        for case, writer in asked:
            for filled in fillings(case):
                source = Path(folder) / f"{case.nom}{filled.number}.xlsx"
                source.write_bytes(openpyxl_bytes(filled.book(writer)))
                subprocess.run(
                    ["soffice", f"-env:UserInstallation=file://{folder}/profile", "--headless", "--convert-to",
                     FORMATS[writer], "--outdir", out, source],
                    check=True, capture_output=True,
                )  # fmt: skip
                KEPT.mkdir(exist_ok=True)
                written.append(Path(shutil.copy(out / f"{source.stem}{writer.removeprefix('libreoffice')}", KEPT)))
    return written


if __name__ == "__main__":
    if not shutil.which("soffice"):
        sys.exit("soffice is not installed: LibreOffice alone writes these files.")
    for path in write_again():
        print(path)

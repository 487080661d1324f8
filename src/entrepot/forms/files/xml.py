"""XML from outside, parsed with the standard expat: nothing fetched, nothing expanded, errors turned into verdicts."""

from xml.parsers import expat

from entrepot.forms.files.refusal import damaged

_LOOKED_AT = 1_000
_BEFORE_THE_ROOT = b" \t\r\n\xef\xbb\xbf"


def parse(parser: expat.XMLParserType, xml: bytes) -> None:
    """Run a parser whose handlers are set.

    Raises:
        Refusal: the XML is damaged, or declares a document type.
    """
    parser.StartDoctypeDeclHandler = _no_doctype
    try:
        parser.Parse(xml, True)
    except (expat.ExpatError, LookupError, ValueError):  # also an encoding or a number that is none
        raise damaged("son contenu est abîmé") from None


def check_start(xml: bytes) -> None:
    """Look at what stands before the root of a document that is read without a parser of ours.

    Raises:
        Refusal: it declares a document type.
    """
    at = 0
    while True:
        at += len(xml[at : at + _LOOKED_AT]) - len(xml[at : at + _LOOKED_AT].lstrip(_BEFORE_THE_ROOT))
        if xml.startswith(b"<!DOCTYPE", at):
            _no_doctype()
        end = b"?>" if xml.startswith(b"<?", at) else b"-->" if xml.startswith(b"<!--", at) else None
        if end is None or (found := xml.find(end, at)) < 0:
            return
        at = found + len(end)


def _no_doctype(*_: object) -> None:
    # No spreadsheet declares one; entities that expand without end are declared there.
    raise damaged("son contenu n'est pas celui d'un tableur")

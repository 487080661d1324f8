"""XML from outside, parsed with the standard expat: nothing fetched, nothing expanded, errors turned into verdicts."""

from xml.parsers import expat

from entrepot.forms.files.refusal import damaged


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


def _no_doctype(*_: object) -> None:
    # No spreadsheet declares one; entities that expand without end are declared there.
    raise damaged("son contenu n'est pas celui d'un tableur")

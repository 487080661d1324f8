"""Pages in HTML: every text escaped, a missing name an error, dates and spaces written the French way."""

from jinja2 import Environment, PackageLoader, StrictUndefined

from entrepot.restitution import french


def templates(package: str) -> Environment:
    """The templates of a package (folder `templates`)."""
    environment = Environment(
        loader=PackageLoader(package),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["unbroken"] = french.unbroken
    environment.filters["day"] = french.day
    return environment

"""Errors whose text is one sentence for the person who runs a command or reads a failed task."""


class EntrepotError(Exception):
    """Base of every error a user can meet; `str()` says what, where and what to do."""


class ServerError(EntrepotError):
    """The database server cannot be started, stopped or reached."""


class DbtError(EntrepotError):
    """A dbt command failed."""


class ReadingError(EntrepotError):
    """Our reader broke on some receipts: they are kept unread, the others went on."""


class ReleaseRefusedError(EntrepotError):
    """A candidate release did not pass its audit: the same content would be refused again."""


class SwapError(EntrepotError):
    """A sound release could not replace what is published: readers held it, or a view of theirs rests on it."""

"""Errors of the checks themselves: they speak of our work, never of the data."""

from entrepot.errors import EntrepotError


class CheckError(EntrepotError):
    """A check could not be done, or a promise of our own staging does not hold."""

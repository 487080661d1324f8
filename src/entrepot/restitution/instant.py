"""Instants of knowledge: the marts answer as known then, when the connection is told so."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import psycopg

from entrepot.errors import EntrepotError
from entrepot.restitution import french

PARIS = ZoneInfo("Europe/Paris")


class InstantError(EntrepotError):
    """An instant is not written as one."""


@dataclass(frozen=True)
class Instant:
    """An instant of knowledge: `setting` is what the marts are told, `until` the moment it means."""

    setting: str
    until: datetime

    @classmethod
    def of_day(cls, day: date) -> "Instant":
        """The end of a day, Europe/Paris."""
        return cls(day.isoformat(), datetime.combine(day + timedelta(days=1), time(), PARIS))

    @classmethod
    def of_moment(cls, moment: datetime) -> "Instant":
        """A moment, to the second."""
        moment = moment.astimezone(PARIS).replace(microsecond=0)
        return cls(moment.isoformat(), moment)

    @property
    def is_day(self) -> bool:
        """Whether a whole day is meant."""
        return "T" not in self.setting

    @property
    def day(self) -> date:
        """The day it falls in, Europe/Paris."""
        return date.fromisoformat(self.setting[: len("2024-03-26")])

    @property
    def label(self) -> str:
        """The instant as a French reader expects it."""
        if self.is_day:
            return french.day(self.day)
        return f"{french.day(self.day)} à {self.until:%H:%M:%S}"


def parse_instant(text: str) -> Instant:
    """Read `2024-03-26`, the end of that day, or `2024-03-26T18:30:00+01:00`.

    Raises:
        InstantError: it is neither.
    """
    text = text.strip()
    try:
        if len(text) == len("2024-03-26"):
            return Instant.of_day(date.fromisoformat(text))
        moment = datetime.fromisoformat(text)
    except (ValueError, OverflowError):
        raise InstantError(
            f"{text!r} is not a date: write 2024-03-26 (its end, Europe/Paris) or 2024-03-26T18:30:00+01:00."
        ) from None
    if moment.tzinfo is None:
        raise InstantError(f"{text!r} lacks its offset from UTC, as in 2024-03-26T18:30:00+01:00.")
    return Instant.of_moment(moment)


def set_instant(connection: psycopg.Connection[Any], instant: Instant | None) -> None:
    """Make the marts answer on this connection as known at an instant; None is the present.

    What functions answer of the past has no index: looked up for each row of a join, it would be computed each time.
    """
    connection.execute(
        "select set_config('entrepot.au', %s, false), set_config('enable_nestloop', %s, false)",
        [instant.setting if instant else "", "off" if instant else "on"],
    )

"""Kinds of faults real senders make (`gabarit.md`, « What real senders do » and the rulings), each a small function."""

from entrepot.sample.faults import accepted, layout, rejected, suspicious
from entrepot.sample.faults.kinds import FAULTS, Case, Effect, Fault

__all__ = ["FAULTS", "Case", "Effect", "Fault", "accepted", "layout", "rejected", "suspicious"]

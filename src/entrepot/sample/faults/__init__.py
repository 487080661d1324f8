"""Kinds of faults real senders make (`gabarit.md`, « What real senders do » and the rulings), each a small function."""

from entrepot.sample.faults import accepted, beyond, layout, misfit, rejected, suspicious
from entrepot.sample.faults.kinds import FAULTS, Brought, Case, Effect, Fault, Place

__all__ = [
    "FAULTS",
    "Brought",
    "Case",
    "Effect",
    "Fault",
    "Place",
    "accepted",
    "beyond",
    "layout",
    "misfit",
    "rejected",
    "suspicious",
]

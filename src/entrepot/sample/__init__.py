"""Sample returns: the real 84 territories, twelve quarters, invented figures, and the faults real senders make."""

from entrepot.sample.catalogue import SampleError
from entrepot.sample.write import SampleReport, write_sample

__all__ = ["SampleError", "SampleReport", "write_sample"]

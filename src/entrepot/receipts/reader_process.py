"""What runs in a reader: it reads one file after another, within bounds that the system keeps, not this code.

A file may make a reader loop for ever, ask for all the memory there is, or crash in a library that is not Python: the
kernel ends the process, whatever it is at, and how it ended says why.
"""

import gc
import logging
import os
import pickle
import resource
import signal
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection
from pathlib import Path

from entrepot.forms.reader import ReadReturn, Reference, read_return
from entrepot.receipts.copytext import copy_lines

READY = b""
# Exit status of a reader that was refused memory; no other way of ending gives it.
OUT_OF_MEMORY = 75

# A parent may handle those of a crash (Airflow, faulthandler): handled by Python, a fault would come again for ever.
_ENDING = (
    signal.SIGTERM, signal.SIGALRM, signal.SIGSEGV, signal.SIGBUS, signal.SIGFPE, signal.SIGILL, signal.SIGABRT,
)  # fmt: skip
_FIRST_OTHER_FILE = 3  # after standard input, output and errors


@dataclass(frozen=True, slots=True)
class File:
    """A file to read: the name and the bytes it came with."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a file.

    Attributes:
        read: what the file is, without its lines; None when the fault is ours, not the file's.
        rows: its lines, as text of COPY for `brut.ligne`, all but the receipt that each begins with.
        fault: that fault in one line.
        details: where it happened, if that is known.
    """

    read: ReadReturn | None
    rows: bytes = b""
    fault: str = ""
    details: str = ""


def serve(pipe: "Connection[bytes, bytes]", reference: Reference, seconds: float, memory: int, *, forked: bool) -> None:
    """Read the files that come through a pipe, some at a time, and answer them, until the other end is closed.

    Args:
        pipe: lists of files come in, lists of answers go out, pickled.
        reference: known territories and spellings.
        seconds: what reading one file may last.
        memory: bytes that reading may add to those this process starts with; macOS does not keep such a limit.
        forked: this process has everything its parent had.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which ends its readers
    for wanted in _ENDING:
        signal.signal(wanted, signal.SIG_DFL)
    with _bounded_time(seconds):
        if forked:
            _let_go_of_what_is_the_parents(pipe)
        _bound_memory(memory)
        gc.freeze()  # looked at by our collector, what the parent had would be copied
        pipe.send_bytes(READY)
    with suppress(EOFError, ConnectionError):
        while True:
            files: list[File] = pickle.loads(pipe.recv_bytes())  # noqa: S301 - written by our parent
            answers = [_answer(file, reference, seconds) for file in files]
            pipe.send_bytes(pickle.dumps(answers, pickle.HIGHEST_PROTOCOL))
    os._exit(0)  # nothing of what the parent does at its end is ours to do


def _answer(file: File, reference: Reference, seconds: float) -> Answer:
    try:
        with _bounded_time(seconds):
            read = read_return(file.content, file.name, reference)
            rows = copy_lines(read.lignes)
    except MemoryError:
        os._exit(OUT_OF_MEMORY)
    except Exception as error:  # a fault of ours on one file must not keep the others out
        return Answer(None, fault=f"{type(error).__name__}: {error}", details=traceback.format_exc())
    return Answer(replace(read, lignes=()), rows)


@contextmanager
def _bounded_time(seconds: float) -> Iterator[None]:
    """End this process if the block lasts too long; no code in it can keep it alive."""
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def _bound_memory(more: int) -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # the image of a crashed reader helps nobody
    if sys.platform != "linux":
        return
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    bound = pages * resource.getpagesize() + more
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    if hard == resource.RLIM_INFINITY or bound < hard:
        resource.setrlimit(resource.RLIMIT_AS, (bound, bound))


def _let_go_of_what_is_the_parents(pipe: "Connection[bytes, bytes]") -> None:
    """Close every file but our pipe: a connection or a socket kept open here would outlive the parent's end.

    The server would keep the parent's locks, Airflow would wait for its task, other readers for the end of their pipes.
    """
    own = pipe.fileno()
    logging.disable()  # what logs are written to is closed
    for number in [int(entry.name) for entry in Path("/proc/self/fd").iterdir()]:
        if number >= _FIRST_OTHER_FILE and number != own:
            try:
                os.close(number)
            except OSError:  # the folder itself, while it was listed
                continue

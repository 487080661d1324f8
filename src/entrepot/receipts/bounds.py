"""Work on files from outside, in a process that the kernel ends when it lasts too long or asks for too much memory.

A file may make a process loop for ever, ask for all the memory there is, or crash in a library that is not Python: the
kernel ends the process, whatever it is at, and how it ended says why.
"""

import gc
import logging
import multiprocessing
import os
import pickle
import resource
import signal
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, TypeVar

from entrepot.errors import ReadingError
from entrepot.forms.files.refusal import MAX_READING_BYTES, MAX_READING_SECONDS, Refusal, unfinished
from entrepot.inert import one_line

T = TypeVar("T")

log = logging.getLogger(__name__)

# Exit status of a process that was refused memory; no other way of ending gives it.
OUT_OF_MEMORY = 75

# A parent may handle those of a crash (Airflow, faulthandler): handled by Python, a fault would come again for ever.
_ENDING = (
    signal.SIGTERM, signal.SIGALRM, signal.SIGSEGV, signal.SIGBUS, signal.SIGFPE, signal.SIGILL, signal.SIGABRT,
)  # fmt: skip
# Sent by others (a machine short of memory, an operator): they say nothing about the file.
_FROM_OUTSIDE = frozenset({-signal.SIGKILL, -signal.SIGTERM, -signal.SIGHUP})
_FIRST_OTHER_FILE = 3  # after standard input, output and errors


def in_bounds(work: Callable[..., T], *given: object) -> T:
    """Do some work on a file in a process of its own, started for it.

    Args:
        work: a function of a module; it and what it is given can be pickled, and so can what it returns.
        given: what it works on.

    Raises:
        Refusal: the work passed a bound, or the file crashed it (STR-11), or it refused the file itself.
        ReadingError: a fault of ours in the work, or its process was ended from outside.
    """
    method = start_method()
    context: Any = multiprocessing.get_context(method)
    here, there = context.Pipe(duplex=False)
    process = context.Process(
        target=_work,
        args=(there, work, given, MAX_READING_SECONDS, MAX_READING_BYTES),
        kwargs={"forked": method == "fork"},
        daemon=True,
    )
    process.start()
    there.close()
    try:
        done, result = pickle.loads(here.recv_bytes())  # noqa: S301 - written by our own process
    except (EOFError, OSError):
        process.join()
        if (cause := why_ended(process.exitcode, "sa copie", MAX_READING_SECONDS)) is None:
            raise ReadingError(f"A process was ended from outside, by signal {-process.exitcode}.") from None
        raise unfinished(cause) from None
    finally:
        here.close()
        process.kill()
        process.join()
        process.close()
    if not done:
        if isinstance(result, Refusal):
            raise result
        log.error("Work on a file failed: %s", result)
        raise ReadingError(f"A fault of ours on a file: {one_line(result.rstrip().rpartition(chr(10))[2])}")
    answer: T = result
    return answer


def _work(
    pipe: "Connection[bytes, bytes]", work: Callable[..., T], given: tuple[object, ...], seconds: float, memory: int,
    *, forked: bool,
) -> None:  # fmt: skip
    enter(pipe, seconds, memory, forked=forked)
    try:
        with bounded_time(seconds):
            answer = pickle.dumps((True, work(*given)), pickle.HIGHEST_PROTOCOL)
    except MemoryError:
        os._exit(OUT_OF_MEMORY)
    except Refusal as refusal:
        answer = pickle.dumps((False, refusal))
    except Exception:
        answer = pickle.dumps((False, traceback.format_exc()))
    pipe.send_bytes(answer)
    os._exit(0)  # nothing of what the parent does at its end is ours to do


def enter(pipe: "Connection[Any, Any]", seconds: float, memory: int, *, forked: bool) -> None:
    """Put bounds to the process that this runs in, and let go of what it has of its parent.

    Args:
        pipe: what it keeps of its parent.
        seconds: how long that may take.
        memory: bytes that it may add to those it starts with; macOS does not keep such a limit.
        forked: it has everything its parent had.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which ends its children
    for wanted in _ENDING:
        signal.signal(wanted, signal.SIG_DFL)
    with bounded_time(seconds):
        if forked:
            _let_go_of_what_is_the_parents(pipe)
        _bound_memory(memory)
        gc.freeze()  # looked at by our collector, what the parent had would be copied


@contextmanager
def bounded_time(seconds: float) -> Iterator[None]:
    """End this process if the block lasts too long; no code in it can keep it alive."""
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def why_ended(exit_code: int, what: str, seconds: float) -> str | None:
    """Why a process that worked on a file ended, in French; None when that says nothing about the file.

    Args:
        exit_code: minus a signal, or an exit status.
        what: subject of the sentence, such as « sa lecture ».
        seconds: what it might last.
    """
    if exit_code in _FROM_OUTSIDE:
        return None
    if exit_code == -signal.SIGALRM:
        return f"{what} dure plus de {seconds} secondes"
    if exit_code in {OUT_OF_MEMORY, -signal.SIGABRT}:  # libraries that are not Python abort when refused memory
        return f"{what} demande plus de mémoire que celle d'aucun retour"
    return "il arrête le programme qui le lit"


def start_method() -> str:
    """How processes start: on Linux as copies of this one, in some milliseconds; macOS allows no copies.

    A copy made beside other threads may wait for ever for a lock that one of them held. Reading takes none, but for
    those that Python makes anew in a copy.
    """
    return "fork" if sys.platform == "linux" else "spawn"


def _bound_memory(more: int) -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # the image of a crashed process helps nobody
    if sys.platform != "linux":
        return
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    bound = pages * resource.getpagesize() + more
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    if hard == resource.RLIM_INFINITY or bound < hard:
        resource.setrlimit(resource.RLIMIT_AS, (bound, bound))


def _let_go_of_what_is_the_parents(pipe: "Connection[Any, Any]") -> None:
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

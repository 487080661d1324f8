"""What runs in a reader: it reads one file after another, within bounds that the system keeps, not this code."""

import os
import pickle
import traceback
from contextlib import suppress
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection

from entrepot.forms.files.refusal import MAX_FINDINGS, MAX_LOADED_BYTES, too_large
from entrepot.forms.reader import ReadReturn, Reference, read_return
from entrepot.inert import one_line
from entrepot.receipts.bounds import OUT_OF_MEMORY, bounded_time, enter
from entrepot.receipts.copytext import copy_lines

READY = b""


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
    enter(pipe, seconds, memory, forked=forked)
    with bounded_time(seconds):
        pipe.send_bytes(READY)
    with suppress(EOFError, ConnectionError):
        while True:
            files: list[File] = pickle.loads(pipe.recv_bytes())  # noqa: S301 - written by our parent
            answers = [_answer(file, reference, seconds) for file in files]
            pipe.send_bytes(pickle.dumps(answers, pickle.HIGHEST_PROTOCOL))
    os._exit(0)  # nothing of what the parent does at its end is ours to do


def _answer(file: File, reference: Reference, seconds: float) -> Answer:
    try:
        with bounded_time(seconds):
            read = read_return(file.content, file.name, reference)
            rows = copy_lines(read.lignes)
    except MemoryError:
        os._exit(OUT_OF_MEMORY)
    except Exception as error:  # a fault of ours on one file must not keep the others out
        return Answer(None, fault=one_line(f"{type(error).__name__}: {error}"), details=traceback.format_exc())
    if len(rows) > MAX_LOADED_BYTES:
        return Answer(ReadReturn.refused(too_large("ses cases contiennent trop de texte")))
    if len(read.constats) > MAX_FINDINGS:
        return Answer(ReadReturn.refused(too_large("trop de ses colonnes et de ses lignes ne sont pas du gabarit")))
    return Answer(replace(read, lignes=()), rows)

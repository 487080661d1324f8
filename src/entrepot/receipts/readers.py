"""A few processes that read files: no file stops the others, and several are read while lines are loaded.

A file that is the end of two readers gets a verdict. One reader lost may be bad luck, and a verdict is for good.
"""

import multiprocessing
import os
import pickle
import sys
from collections import Counter, deque
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from math import ceil
from multiprocessing.connection import Connection, wait
from typing import Any

from entrepot.errors import ReadingError
from entrepot.forms.files.refusal import MAX_FILE_BYTES, MAX_READING_BYTES, MAX_READING_SECONDS, unfinished
from entrepot.forms.reader import ReadReturn, Reference
from entrepot.forms.vintage import lists, vintages
from entrepot.receipts.bounds import start_method, why_ended
from entrepot.receipts.reader_process import Answer, File, serve

# One process loads what the others read: it keeps up with no more than these.
MAX_READERS = 8
READERS_A_FILE_MAY_END = 2
# Files given at once. One at a time costs about 8 % more CPU; 4, 8 and 16 could not be told apart.
MAX_GIVEN = 16
# Answers not yet taken hold no more than that, but for those of the files given already.
MAX_HELD_BYTES = 100_000_000
# How often work that goes on elsewhere is looked at, in seconds.
_GLANCE = 0.002


class Readers:
    """Processes that read files. They start when they are first needed; should this process die, they end too."""

    def __init__(self, reference: Reference) -> None:
        """Start nothing yet.

        Args:
            reference: known territories and spellings.
        """
        self._reference = reference
        self._readers: list[_Reader] = []

    def close(self) -> None:
        """End the readers, whatever they are at."""
        ending, self._readers = self._readers, []
        for reader in ending:
            reader.kill()
        for reader in ending:
            reader.ended()

    def begin(self, files: Sequence[File]) -> "Reading":
        """Begin to read files."""
        reading = Reading(self, files)
        self._start(len(files))
        return reading

    def turn(self, reading: "Reading", seconds: float | None) -> None:
        """Give files to the readers at rest, and hear those that have something to say.

        Args:
            reading: whose files are given.
            seconds: how long to wait for a word; None: until there is one.

        Raises:
            ReadingError: a reader does not start, which is the fault of no file.
        """
        for reader in self._readers:
            reading.give(reader)
        speaking = wait([reader.pipe for reader in self._readers], seconds)
        for reader in [reader for reader in self._readers if reader.pipe in speaking]:
            at = reader.at
            try:
                message = reader.pipe.recv_bytes()
            except (EOFError, OSError):
                self._readers.remove(reader)
                exit_code = reader.ended()
                if not reader.ready:
                    raise ReadingError(f"A reader does not start (exit status {exit_code}).") from None
                if at:
                    at.reading.lost(at.numbers, exit_code)
                self._start(len(reading.files))
                continue
            reader.ready, reader.at = True, None
            reading.give(reader)
            if at:
                at.reading.heard(at.numbers, pickle.loads(message))  # noqa: S301 - our reader's

    def _start(self, files: int) -> None:
        """Start as many readers as so many files are worth, beside those already there."""
        for _ in range(min(files, usable_cores(), MAX_READERS) - len(self._readers)):
            self._readers.append(_Reader(self._reference))


class Reading:
    """Some files on their way through the readers, each known by its place among them.

    Attributes:
        files: all of them.
        answers: those that have come, until they are taken.
    """

    def __init__(self, readers: Readers, files: Sequence[File]) -> None:
        self.files = files
        self.answers: dict[int, Answer] = {}
        self._readers = readers
        self._held = 0
        self._awaited: int | None = None
        self._waiting = deque(range(len(files)))
        self._ends: Counter[int] = Counter()

    def go_on_until(self, is_done: Callable[[], bool]) -> None:
        """Read, while something else is done in another thread."""
        while not is_done():
            self._readers.turn(self, _GLANCE)

    def keep(self, numbers: Iterable[int]) -> None:
        """Read no others of the files than these."""
        wanted = set(numbers)
        self._waiting = deque(number for number in self._waiting if number in wanted)

    def answer(self, number: int) -> Answer:
        """What became of a file; waits until it is known.

        Raises:
            ReadingError: readers do not start.
        """
        # A reader that is done gets its next file before this answer is loaded.
        self._readers.turn(self, 0)
        self._awaited = number
        if number in self._waiting:
            self._waiting.remove(number)
            self._waiting.appendleft(number)
        while number not in self.answers:
            self._readers.turn(self, None)
        answer = self.answers.pop(number)
        self._held -= len(answer.rows)
        return answer

    def heard(self, numbers: Sequence[int], answers: Sequence[Answer]) -> None:
        """Keep answers until they are taken."""
        self.answers.update(zip(numbers, answers, strict=True))
        self._held += sum(len(answer.rows) for answer in answers)

    def give(self, reader: "_Reader") -> None:
        """Give a reader the next files, if it is at rest, there are any, and their answers can be held."""
        if not (self._held < MAX_HELD_BYTES or self._awaited in self._waiting):
            return
        if self._waiting and reader.ready and not reader.at:
            reader.at = _At(self, self._next())
            with suppress(ConnectionError):  # it has just ended, as will be heard
                # A file that is too large is refused by its size: its reader need not have all of it.
                given = [
                    replace(file, content=file.content[: MAX_FILE_BYTES + 1])
                    for file in map(self.files.__getitem__, reader.at.numbers)
                ]
                reader.pipe.send_bytes(pickle.dumps(given, pickle.HIGHEST_PROTOCOL))

    def _next(self) -> list[int]:
        """Numbers of the files to read together: ever fewer, so that readers end together; a suspect is read alone."""
        share = min(MAX_GIVEN, ceil(len(self._waiting) / (2 * usable_cores())))
        numbers = [self._waiting.popleft()]
        size = len(self.files[numbers[0]].content)
        while self._waiting and len(numbers) < share and not (self._ends[numbers[0]] or self._ends[self._waiting[0]]):
            size += len(self.files[self._waiting[0]].content)
            if size > MAX_FILE_BYTES:
                break
            numbers.append(self._waiting.popleft())
        return numbers

    def lost(self, numbers: Sequence[int], exit_code: int) -> None:
        """Note that some files were the end of their reader: each is tried alone, and after that there is a verdict."""
        for number in reversed(numbers):
            self._ends[number] += 1
            if self._ends[number] < READERS_A_FILE_MAY_END:
                self._waiting.appendleft(number)
            else:
                self.answers[number] = verdict_of_a_lost_reader(exit_code)


@dataclass(frozen=True, slots=True)
class _At:
    """The files that a reader is at."""

    reading: Reading
    numbers: Sequence[int]


class _Reader:
    """A reader, seen from the process that started it.

    Attributes:
        pipe: files go in; answers come out, after a first word that it has started.
        ready: it has said so.
        at: the files it reads.
    """

    def __init__(self, reference: Reference) -> None:
        # Loaded once, before readers copy them.
        vintages()
        lists()
        method = start_method()
        context: Any = multiprocessing.get_context(method)
        self.pipe: Connection[bytes, bytes]
        self.pipe, there = context.Pipe()
        self.ready = False
        self.at: _At | None = None
        self._process = context.Process(
            target=serve,
            args=(there, reference, MAX_READING_SECONDS, MAX_READING_BYTES),
            kwargs={"forked": method == "fork"},
            name="reader",
            daemon=True,
        )
        self._process.start()
        there.close()

    def kill(self) -> None:
        """Have it ended, whatever it is at."""
        self._process.kill()

    def ended(self) -> int:
        """How it ended: minus a signal, or an exit status; waits until it has."""
        self.pipe.close()
        self._process.join()
        exit_code: int = self._process.exitcode
        self._process.close()
        return exit_code


def verdict_of_a_lost_reader(exit_code: int) -> Answer:
    """What is said of a file that was the end of its readers.

    Args:
        exit_code: how the last one ended: minus a signal, or an exit status.
    """
    if (cause := why_ended(exit_code, "sa lecture", MAX_READING_SECONDS)) is None:
        return Answer(None, fault=f"its reader was ended from outside, by signal {-exit_code}")
    return Answer(ReadReturn.refused(unfinished(cause)))


def usable_cores() -> int:
    """How many processes can compute at once."""
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1

"""Work on files is done elsewhere and within bounds: what passes them is refused, what is ours is said to be."""

import ctypes
import multiprocessing
import os
import signal
import sys
from collections.abc import Iterator

import pytest

from entrepot.errors import ReadingError
from entrepot.forms.files.refusal import Refusal, damaged
from entrepot.receipts import bounds
from entrepot.receipts.bounds import in_bounds

on_linux = pytest.mark.skipif(sys.platform != "linux", reason="a bound that only Linux keeps")


@pytest.fixture(autouse=True)
def none_is_left() -> Iterator[None]:
    yield
    assert multiprocessing.active_children() == []


def doubled(number: int) -> int:
    return 2 * number


def refused() -> None:
    raise damaged("il est vide")


def broken() -> None:
    raise ValueError("une faute\nsur deux lignes")


def endless() -> None:
    while True:
        pass


def devouring() -> None:
    bytearray(1 << 40)


def crashing() -> None:
    ctypes.string_at(0)


def killed() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


@pytest.mark.parametrize("method", ["fork", "spawn"] if sys.platform == "linux" else ["spawn"])
def test_work_gives_what_it_gives_here(monkeypatch: pytest.MonkeyPatch, method: str) -> None:
    monkeypatch.setattr(bounds, "start_method", lambda: method)

    assert in_bounds(doubled, 21) == 42


def test_a_file_refused_there_is_refused_here() -> None:
    with pytest.raises(Refusal) as refusal:
        in_bounds(refused)

    assert (refusal.value.regle, refusal.value.cause) == ("STR-01", "il est vide")


def test_a_fault_of_ours_is_no_verdict() -> None:
    with pytest.raises(ReadingError, match="A fault of ours on a file: "):
        in_bounds(broken)


@pytest.mark.parametrize(
    ("work", "cause"),
    [
        (endless, "sa copie dure plus de 0.2 secondes"),
        pytest.param(devouring, "sa copie demande plus de mémoire que celle d'aucun retour", marks=on_linux),
        (crashing, "il arrête le programme qui le lit"),
    ],
)
def test_what_passes_a_bound_is_refused(monkeypatch: pytest.MonkeyPatch, work: object, cause: str) -> None:
    monkeypatch.setattr(bounds, "MAX_READING_SECONDS", 0.2)

    with pytest.raises(Refusal) as refusal:
        in_bounds(work)  # type: ignore[arg-type]

    assert (refusal.value.regle, refusal.value.cause) == ("STR-11", cause)


def test_a_process_ended_from_outside_says_nothing_about_the_file() -> None:
    with pytest.raises(ReadingError, match="from outside"):
        in_bounds(killed)

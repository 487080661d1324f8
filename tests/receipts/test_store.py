"""Bytes are kept once under their SHA-256, and come back unchanged or not at all."""

import hashlib
from pathlib import Path

import pytest

from entrepot.errors import EntrepotError
from entrepot.receipts.store import ByteStore


@pytest.mark.parametrize("url", ["{tmp}/octets", "memory://octets"])
def test_what_is_put_comes_back(tmp_path: Path, url: str) -> None:
    store = ByteStore(url.format(tmp=tmp_path))
    digest = store.put(b"un classeur")
    assert digest == hashlib.sha256(b"un classeur").hexdigest()
    assert store.put(b"un classeur") == digest
    assert store.get(digest) == b"un classeur"


@pytest.mark.parametrize("url", ["{tmp}/octets", "memory://octets"])
def test_many_are_put_together_each_once(tmp_path: Path, url: str) -> None:
    store = ByteStore(url.format(tmp=tmp_path))
    contents = [b"un classeur", b"un autre", b"un classeur"]
    assert [store.get(digest) for digest in store.put_all(contents)] == contents
    assert store.put_all(contents[:1]) == [store.put(b"un classeur")]


@pytest.mark.parametrize("url", ["{tmp}/octets", "memory://octets-par-morceaux"])
def test_bytes_that_come_in_pieces_are_those_that_come_whole(tmp_path: Path, url: str) -> None:
    store = ByteStore(url.format(tmp=tmp_path))
    kept = store.put_pieces(iter([b"un ", b"", b"classeur"]))
    assert kept == store.put_pieces(iter([b"un classeur"])) == (store.put(b"un classeur"), 11)
    assert store.get(kept[0]) == b"un classeur"
    assert store.head(kept[0], 2) == b"un"
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] in ([kept[0]], [])
    with pytest.raises(EntrepotError, match="missing"):
        store.head("0" * 64, 2)


def test_missing_or_altered_bytes_are_never_returned(tmp_path: Path) -> None:
    store = ByteStore(str(tmp_path))
    digest = store.put(b"un classeur")
    (tmp_path / digest[:2] / digest).write_bytes(b"autre chose")
    with pytest.raises(EntrepotError, match="altered"):
        store.get(digest)
    with pytest.raises(EntrepotError, match="missing"):
        store.get("0" * 64)


def test_nothing_but_whole_files_lies_in_the_store(tmp_path: Path) -> None:
    store = ByteStore(str(tmp_path))
    digests = store.put_all([b"x" * 100_000, b"y"])
    assert {path.name for path in tmp_path.rglob("*") if path.is_file()} == set(digests)

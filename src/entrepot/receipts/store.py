"""Where received bytes are kept: under their SHA-256, written once, never changed."""

import hashlib
import os
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import get_ident

import fsspec
from fsspec.implementations.local import LocalFileSystem

from entrepot.errors import EntrepotError

# Each file waits for its disk or its bucket: they wait together.
THREADS = 8


def digest_of(content: bytes) -> str:
    """SHA-256 of some bytes (64 hexadecimal digits), under which they are kept."""
    return hashlib.sha256(content).hexdigest()


class ByteStore:
    """Received bytes in a folder or a bucket (any fsspec URL), each under the SHA-256 of its content."""

    def __init__(self, url: str) -> None:
        self._files, self._root = fsspec.url_to_fs(url)

    def put(self, content: bytes) -> str:
        """Keep `content` and return its SHA-256; bytes already kept are not written again."""
        return self.put_all([content])[0]

    def put_all(self, contents: Sequence[bytes]) -> list[str]:
        """Keep several contents, and return the SHA-256 of each; all are on disk when this returns."""
        digests = [digest_of(content) for content in contents]
        paths = {self._path(digest): content for digest, content in zip(digests, contents, strict=True)}
        with ThreadPoolExecutor(THREADS) as pool:
            if isinstance(self._files, LocalFileSystem):
                _write_durably({Path(path): content for path, content in paths.items()}, pool)
            else:
                list(pool.map(self._upload, paths, paths.values()))
        return digests

    def put_pieces(self, pieces: Iterable[bytes]) -> tuple[str, int]:
        """Keep bytes that come piece by piece, however many, and return their SHA-256 and their number."""
        digest, size = hashlib.sha256(), 0
        local = isinstance(self._files, LocalFileSystem)
        if local:
            Path(self._root).mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(prefix=".", dir=self._root if local else None) as folder:
            draft = Path(folder) / "draft"
            with draft.open("wb") as stream:
                for piece in pieces:
                    digest.update(piece)
                    size += len(piece)
                    stream.write(piece)
                stream.flush()
                os.fsync(stream.fileno())
            path = self._path(digest.hexdigest())
            if not self._files.exists(path):
                if local:
                    Path(path).parent.mkdir(parents=True, exist_ok=True)
                    draft.replace(path)
                else:
                    self._files.put_file(str(draft), path)
        return digest.hexdigest(), size

    def _upload(self, path: str, content: bytes) -> None:
        if not self._files.exists(path):
            self._files.pipe_file(path, content)

    def get(self, digest: str) -> bytes:
        """Return the bytes of that SHA-256.

        Raises:
            EntrepotError: they are missing from the store, or are not what was put there.
        """
        try:
            content: bytes = self._files.cat_file(self._path(digest))
        except FileNotFoundError:
            raise self._missing(digest) from None
        if hashlib.sha256(content).hexdigest() != digest:
            raise EntrepotError(f"The bytes kept as {digest} in {self._root} were altered: restore them from backup.")
        return content

    def head(self, digest: str, length: int) -> bytes:
        """The first bytes of a content too large to be read whole; they are not compared with their SHA-256.

        Raises:
            EntrepotError: they are missing from the store.
        """
        try:
            content: bytes = self._files.cat_file(self._path(digest), start=0, end=length)
        except FileNotFoundError:
            raise self._missing(digest) from None
        return content

    def _missing(self, digest: str) -> EntrepotError:
        return EntrepotError(
            f"The bytes {digest} are recorded but missing from {self._root}: restore the store from its backup."
        )

    def _path(self, digest: str) -> str:
        return f"{self._root}/{digest[:2]}/{digest}"


def _write_durably(contents: Mapping[Path, bytes], pool: Executor) -> None:
    """Write each file whole or not at all, on disk before anything records it."""
    drafts: dict[Path, Path] = {}
    for path, content in contents.items():
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            drafts[path] = path.with_name(f".{path.name}.{os.getpid()}.{get_ident()}")
            drafts[path].write_bytes(content)
    # Flushed after all are written, they share the disk's transactions.
    list(pool.map(_flush, drafts.values()))
    for path, draft in drafts.items():
        draft.replace(path)


def _flush(path: Path) -> None:
    with path.open("rb") as stream:
        os.fsync(stream.fileno())

"""Where received bytes are kept: under their SHA-256, written once, never changed."""

import hashlib
import os
from pathlib import Path
from threading import get_ident

import fsspec
from fsspec.implementations.local import LocalFileSystem

from entrepot.errors import EntrepotError


class ByteStore:
    """Received bytes in a folder or a bucket (any fsspec URL), each under the SHA-256 of its content."""

    def __init__(self, url: str) -> None:
        self._files, self._root = fsspec.url_to_fs(url)

    def put(self, content: bytes) -> str:
        """Keep `content` and return its SHA-256 (64 hexadecimal digits); bytes already kept are not written again."""
        digest = hashlib.sha256(content).hexdigest()
        path = self._path(digest)
        if not self._files.exists(path):
            if isinstance(self._files, LocalFileSystem):
                _write_durably(Path(path), content)
            else:
                self._files.pipe_file(path, content)
        return digest

    def get(self, digest: str) -> bytes:
        """Return the bytes of that SHA-256.

        Raises:
            EntrepotError: they are missing from the store, or are not what was put there.
        """
        try:
            content: bytes = self._files.cat_file(self._path(digest))
        except FileNotFoundError:
            raise EntrepotError(
                f"The bytes {digest} are recorded but missing from {self._root}: restore the store from its backup."
            ) from None
        if hashlib.sha256(content).hexdigest() != digest:
            raise EntrepotError(f"The bytes kept as {digest} in {self._root} were altered: restore them from backup.")
        return content

    def _path(self, digest: str) -> str:
        return f"{self._root}/{digest[:2]}/{digest}"


def _write_durably(path: Path, content: bytes) -> None:
    """Write whole or not at all, on disk before anything records it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}.{get_ident()}")
    with draft.open("wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
    draft.replace(path)

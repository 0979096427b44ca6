"""Archive location: a local folder or any fsspec URL (`s3://`, `gs://`, `az://`)."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import fsspec

from groundwire_collector.errors import UsageError

_BLOCK = 2**20


@dataclass(frozen=True)
class Location:
    """Root of an archive; paths are relative to it, with `/`.

    A file appears whole or not at all: object stores put whole objects, and a local file is
    written beside its name, synchronised, and renamed.
    """

    filesystem: Any
    root: str
    local: bool

    @classmethod
    def of(cls, url: str) -> "Location":
        """Open `url`.

        Raises:
            UsageError: its protocol is unknown, or the package for it is missing.
        """
        try:
            filesystem, root = fsspec.core.url_to_fs(url)
        except (ImportError, ValueError) as error:
            raise UsageError(f"archive_url: {error}") from error
        protocols = filesystem.protocol
        names = (protocols,) if isinstance(protocols, str) else protocols
        return cls(filesystem, root.rstrip("/"), "file" in names)

    def full(self, path: str) -> str:
        """Path as the file system names it."""
        return f"{self.root}/{path}"

    def write(self, path: str, content: bytes) -> None:
        """Write or replace a file atomically."""
        target = self.full(path)
        if not self.local:
            self.filesystem.pipe_file(target, content)
            return
        self._rename(target, lambda part: part.write_bytes(content))

    def put(self, source: Path, path: str) -> None:
        """Copy a local file to the archive, atomically."""
        target = self.full(path)
        if not self.local:
            self.filesystem.put_file(str(source), target)
            return
        self._rename(target, lambda part: _copy(source, part))

    def read(self, path: str) -> bytes | None:
        """Content of a file; None where there is none."""
        try:
            content: bytes = self.filesystem.cat_file(self.full(path))
        except FileNotFoundError:
            return None
        return content

    def digest(self, path: str) -> str:
        """SHA-256 of a file, in hexadecimal digits; reads all of it."""
        found = sha256()
        with self.filesystem.open(self.full(path), "rb") as file:
            while block := file.read(_BLOCK):
                found.update(block)
        return found.hexdigest()

    def remove(self, path: str) -> None:
        """Delete a file, if it exists."""
        try:
            self.filesystem.rm_file(self.full(path))
        except FileNotFoundError:
            return

    def files(self, folder: str) -> Iterator[tuple[str, float]]:
        """Files below a folder, with the time of their last change in seconds since the epoch."""
        self.filesystem.invalidate_cache()
        if not self.filesystem.exists(self.full(folder)):
            return
        found = self.filesystem.find(self.full(folder), detail=True)
        for name, facts in found.items():
            yield name.removeprefix(f"{self.root}/"), _changed(facts)

    def _rename(self, target: str, fill: Any) -> None:
        Path(self.root).mkdir(parents=True, exist_ok=True, mode=0o700)
        Path(target).parent.mkdir(parents=True, exist_ok=True)
        part = Path(f"{target}.part")
        fill(part)
        with part.open("rb") as file:
            os.fsync(file.fileno())
        part.chmod(0o600)
        part.replace(target)


def _copy(source: Path, target: Path) -> None:
    with source.open("rb") as read, target.open("wb") as write:
        while block := read.read(_BLOCK):
            write.write(block)


def _changed(facts: dict[str, Any]) -> float:
    when = facts.get("mtime", facts.get("LastModified", facts.get("updated")))
    return float(when) if isinstance(when, int | float) else when.timestamp() if when else 0.0

"""Turn a damaged or missing archive file into one storage error."""

from collections.abc import Iterator
from contextlib import contextmanager

import pyarrow as pa

from groundwire_collector.errors import StorageUnavailableError
from groundwire_collector.storage.archive.location import Location
from groundwire_collector.storage.archive.manifest import ArchivedFile

REMEDY = "`groundwire archive verify` lists the damaged files"


@contextmanager
def named_damage(path: str) -> Iterator[None]:
    """Turn an error of reading an archive file into one that names it.

    Raises:
        StorageUnavailableError: the file is missing, or is no Parquet file as it was written.
    """
    try:
        yield
    except FileNotFoundError as error:
        raise StorageUnavailableError(f"archive: {path} is missing; {REMEDY}") from error
    except (OSError, pa.ArrowException) as error:
        raise StorageUnavailableError(
            f"archive: {path} cannot be read ({error!s:.200}); {REMEDY}"
        ) from error


def is_intact(location: Location, file: ArchivedFile) -> bool:
    """Whether an archived file is there as its manifest describes it; reads all of it."""
    try:
        return location.digest(file.path) == file.sha256
    except FileNotFoundError:
        return False

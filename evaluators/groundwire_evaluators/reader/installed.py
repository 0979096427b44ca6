"""Reader of a process: from the environment, else installed, else none."""

import os
from functools import cache
from importlib import import_module
from pathlib import Path

from groundwire_evaluators.reader.card import ReaderError
from groundwire_evaluators.reader.onnx_reader import OnnxReader
from groundwire_evaluators.reader.protocol import Reader

VARIABLE = "GROUNDWIRE_GROUNDING_READER"
OFF = "off"
PACKAGE = "groundwire_reader"


def installed_reader() -> Reader | None:
    """Reader of the environment variable, else the installed one, else None.

    `GROUNDWIRE_GROUNDING_READER` names a folder, or is "off". Loaded once a process.

    Raises:
        ReaderError: the folder that is named, or the installed package, cannot be loaded.
    """
    return reader_named(os.environ.get(VARIABLE, ""))


def reader_named(name: str) -> Reader | None:
    """Reader of a folder; None for "off"; the installed one, if any, for an empty name.

    Raises:
        ReaderError: the folder, or the installed package, cannot be loaded.
    """
    chosen = name.strip()
    if chosen.lower() == OFF:
        return None
    return _load(Path(chosen)) if chosen else _from_package()


@cache
def _from_package() -> Reader | None:
    try:
        package = import_module(PACKAGE)
    except ModuleNotFoundError:
        return None
    folder = Path(package.FOLDER)
    return _load(folder) if folder.is_dir() else None  # made without its weights


@cache
def _load(folder: Path) -> Reader:
    if not folder.is_dir():
        raise ReaderError(f"{VARIABLE}: {folder} is not a folder")
    return OnnxReader(folder)

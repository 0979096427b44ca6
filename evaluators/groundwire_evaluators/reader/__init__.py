"""Reader models: small networks that read a claim against its evidence.

Why: docs/decisions/0121-optional-reader-model.md
"""

from groundwire_evaluators.reader.card import Card, ReaderError, ReaderWeights
from groundwire_evaluators.reader.installed import installed_reader, reader_named
from groundwire_evaluators.reader.protocol import Reader, ReaderLabel

__all__ = [
    "Card",
    "Reader",
    "ReaderError",
    "ReaderLabel",
    "ReaderWeights",
    "installed_reader",
    "reader_named",
]

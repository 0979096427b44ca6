"""Reader models: small networks that read a claim against its evidence."""

from groundwire_evaluators.reader.card import Card, ReaderError, ReaderWeights
from groundwire_evaluators.reader.installed import installed_reader
from groundwire_evaluators.reader.protocol import Reader, Relation

__all__ = ["Card", "Reader", "ReaderError", "ReaderWeights", "Relation", "installed_reader"]

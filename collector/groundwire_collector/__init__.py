"""Receives and stores spans, assembles and judges turns, watches for drift, serves it all."""

__version__ = "0.1.0"

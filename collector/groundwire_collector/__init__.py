"""Groundwire collector: receives spans, assembles turns, evaluates, monitors drift."""

__version__ = "0.1.0"

"""What was retrieved: relevance, redundancy and ages of chunks, and which of them were used."""

from groundwire_evaluators.retrieval.evaluator import Retrieval

__all__ = ["Retrieval"]

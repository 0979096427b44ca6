"""Retrieval quality: relevance, redundancy, age and usage of chunks."""

from groundwire_evaluators.retrieval.evaluator import Retrieval

__all__ = ["Retrieval"]

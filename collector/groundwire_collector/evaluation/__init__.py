"""Evaluation of turns: which evaluators run, and failure isolation."""

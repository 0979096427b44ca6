"""Turns to judgements: which evaluators run, and what becomes of one that fails."""

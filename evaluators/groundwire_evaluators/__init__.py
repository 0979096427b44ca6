"""Evaluators, statistics and detectors. Pure: no network unless asked, no database, no web."""

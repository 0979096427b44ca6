"""Evaluators, statistics and drift detectors, free of I/O."""

"""Offline comparison of answers in files: the CI quality gate."""

"""Judges on a sample of the turns: drawn by the worker, judged behind it, within a budget."""

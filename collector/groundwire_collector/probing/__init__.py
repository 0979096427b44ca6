"""Questions the collector asks of its own accord: shadow calls and canaries.

Budgeted, counted, and never part of the production statistics: their answers are not turns.
"""

"""GC tuning for a long-lived heap (gc.freeze).

Tables, weights and modules are many objects that never die, and every full collection walks
through all of them: measured at a fifth of the worker's time. What a process has loaded is put out
of the collector's sight, and it looks at the rest less often. Cycles are still found.
"""

import gc

THRESHOLDS = (50_000, 20, 20)  # allocations before a young collection; Python's own are 700, 10, 10


def settle() -> None:
    """Call when what the process needs is loaded; costs one full collection."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)

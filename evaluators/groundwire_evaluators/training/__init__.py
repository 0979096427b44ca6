"""Training files of fine-tunes: examples, lookup, stale facts, remedies."""

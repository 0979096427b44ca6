"""OTLP receiver: request bytes to stored spans, then acknowledged."""

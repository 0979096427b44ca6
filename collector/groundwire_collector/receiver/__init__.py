"""OTLP in: bytes of a request to spans, acknowledged once they are stored."""

"""Spans to turns: the conventions of every emitter, and when a trace is complete."""

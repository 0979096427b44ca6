"""Reading results by their shape, without importing the libraries they come from.

All of it runs in the caller's thread and only picks references and copies small things: later
changes by the app cannot be seen, and nothing foreign is touched by the exporter's thread.

Why: docs/decisions/0012-reading-by-shape.md
"""

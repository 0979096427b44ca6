"""Database access: schema, queries and transactions of the collector.

Why: docs/decisions/0003-core-queries.md
"""

"""Database access: schema, queries and transactions of the collector."""

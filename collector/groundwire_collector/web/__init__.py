"""HTTP API, pages and health endpoints."""

"""API key authentication and authorisation, before a body is read."""

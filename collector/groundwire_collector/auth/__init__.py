"""API keys: authentication and authorisation of every request, before its body is read."""

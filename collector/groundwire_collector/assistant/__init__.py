"""Model Context Protocol server: what an assistant may ask a collector."""

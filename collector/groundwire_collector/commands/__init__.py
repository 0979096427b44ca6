"""Subcommands of `groundwire`, one module each, loaded by entry point."""

"""Processes of `groundwire up`, with their main functions."""

"""Quality gate of the command line: sources, asking, report forms."""

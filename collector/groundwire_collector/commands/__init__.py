"""The subcommands, one a module; `groundwire.cli` finds them by their entry points."""

"""Run the command line as `python -m groundwire`."""

import sys
from importlib.metadata import entry_points


def main() -> None:
    """Run the installed `groundwire` command, whichever package provides it."""
    for entry in entry_points(group="console_scripts", name="groundwire"):
        entry.load()()
        return
    sys.exit("groundwire: the command line is not installed: pip install 'groundwire[collector]'")


if __name__ == "__main__":
    main()

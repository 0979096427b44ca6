"""`python -m groundwire_demo`, same as `groundwire demo`."""

import typer

from groundwire_demo.cli import demo

typer.run(demo)

"""`python -m groundwire_demo.standin`: run the stand-in server."""

from groundwire_demo.standin.server import main

main()

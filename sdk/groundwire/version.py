"""Installed version of the package."""

from importlib import metadata


def installed_version() -> str:
    """Version of the distribution; "unknown" where its metadata are missing (a vendored copy)."""
    try:
        return metadata.version("groundwire")
    except metadata.PackageNotFoundError:
        return "unknown"

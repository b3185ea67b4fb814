"""The command line: the actions and queries of the pages and the API, and the server itself."""

from twofold.cli.main import main

__all__ = ["main"]

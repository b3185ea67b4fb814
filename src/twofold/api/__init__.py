"""The HTTP API under /api/v1/: the actions and queries of the pages, for programs with a token."""

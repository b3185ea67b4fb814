"""Twofold: ISO/IEC 42001 and ISO/IEC 27001 as one management system.

The package is layered; `docs/architecture.md` draws the floors and `pyproject.toml` enforces them.
"""

__version__ = "0.1.0"

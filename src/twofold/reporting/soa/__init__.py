"""Statements of Applicability: computed from facts, read, compared and exported.

The content of a version is computed here and sealed by an action; what is sealed is read and
exported as it was sealed, whatever happens afterwards.
"""

"""The catalogue: frameworks, their requirements, the crosswalk and the control library.

It is read-only data of the product, validated when it is loaded; a malformed file is refused with
its name, the line and the reason.
"""

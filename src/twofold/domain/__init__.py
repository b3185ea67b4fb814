"""Pure computation: arguments in, value out; no Django, no input or output, no clock."""

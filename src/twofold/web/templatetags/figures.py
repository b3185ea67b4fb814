"""Whole numbers as people read them."""

from django import template
from django.utils.formats import number_format

register = template.Library()


@register.filter
def grouped(number: int | None) -> str:
    """Return a whole number with its thousands set apart; blank for none."""
    return "" if number is None else number_format(number, 0, use_l10n=True, force_grouping=True)

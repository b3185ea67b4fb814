"""Constraints on who did something to a record: what the database holds of two persons.

An act has a person and a time in the columns `<act>_by` and `<act>_at`; the models of all contexts
make their constraints here.
"""

from django.db.models import CheckConstraint, F, Q


def by_somebody(act: str, *, name: str, also: str = "") -> CheckConstraint:
    """Return the constraint that an act has its person and its time, or neither.

    Args:
        act: such as `approved`.
        also: a further column that is filled by the act.
    """
    columns = [f"{act}_by", f"{act}_at", *([also] if also else [])]
    return CheckConstraint(
        condition=Q(**dict.fromkeys(columns))
        | Q(**{f"{column}__isnull": False for column in columns}),
        name=name,
    )


def by_another(
    act: str, *, than: str, name: str, than_may_be_nobody: bool = False
) -> CheckConstraint:
    """Return the constraint that the person of an act is not the one of another column.

    Args:
        act: such as `approved`.
        than: the column of the other person.
        than_may_be_nobody: whether that column can be empty.
    """
    allowed = Q(**{f"{act}_by": None})
    if than_may_be_nobody:
        allowed |= Q(**{than: None})
    return CheckConstraint(condition=allowed | ~Q(**{f"{act}_by": F(than)}), name=name)

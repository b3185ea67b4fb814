"""Relations of the crosswalk and of control credits in words, read from either end."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from twofold.domain.readiness import Relation

#: Two requirements: how the first stands to the second.
ASKS: dict[Relation, Promise] = {
    Relation.EQUAL: _("asks the same"),
    Relation.SUPERSET: _("asks all of it and more"),
    Relation.SUBSET: _("asks a part of it"),
    Relation.INTERSECTS: _("overlaps with it"),
}
#: How a control stands to a requirement.
DOES: dict[Relation, Promise] = {
    Relation.EQUAL: _("does just this"),
    Relation.SUPERSET: _("does all of it and more"),
    Relation.SUBSET: _("does a part of it"),
    Relation.INTERSECTS: _("overlaps with it"),
}
#: How a requirement stands to a control.
ASKS_OF: dict[Relation, Promise] = {
    Relation.EQUAL: _("asks just what the control does"),
    Relation.SUPERSET: _("asks more than the control does"),
    Relation.SUBSET: _("asks a part of what the control does"),
    Relation.INTERSECTS: _("overlaps with the control"),
}

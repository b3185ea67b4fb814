"""Answers of the gap assessment: what an organisation says that it does, before it has shown it."""

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from twofold.ledger.recorded import Recorded
from twofold.people.models import Person, Unit


class Answer(models.TextChoices):
    """How far a control is done, in the words of who answers."""

    SHOWN = "shown", _("Done, and we can show it")
    DONE = "done", _("Done, hardly written down")
    PARTLY = "partly", _("Done in part")
    MISSING = "missing", _("Not done")
    UNKNOWN = "unknown", _("I do not know")


class GapAnswer(Recorded):
    """What is said of one control in one unit; it declares nothing, it estimates."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="gap_answers")
    control = models.CharField(max_length=40)
    answer = models.CharField(_("answer"), max_length=8, choices=Answer)
    note = models.TextField(_("how it is done today"), max_length=4000, blank=True)
    answered_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    answered_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["unit", "control"], name="controls_gap_answer_once"),
        ]

    def __str__(self) -> str:
        return f"{self.control} {self.answer}"

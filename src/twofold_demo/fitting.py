"""Judging a fitted model on rows that it has not seen, by the product's own measures."""

from collections.abc import Sequence

from twofold.domain.fields import Field, FieldType, Role
from twofold.domain.metrics import measure
from twofold.domain.profile import profile_of
from twofold_demo.case import Validation

_FIELDS = (
    Field("score", FieldType.NUMBER, Role.SCORE),
    Field("prediction", FieldType.BOOLEAN, Role.PREDICTION),
    Field("label", FieldType.BOOLEAN, Role.LABEL),
)


def threshold_for(scores: Sequence[float], labels: Sequence[bool]) -> float:
    """Return the score from which as many rows lie as have a true label."""
    return sorted(scores, reverse=True)[max(sum(labels) - 1, 0)]


def judge(
    scores: Sequence[float], labels: Sequence[bool], *, threshold: float, how: str
) -> Validation:
    """Return what a model does on rows, measured as production is."""
    predictions = [score >= threshold for score in scores]
    profile = profile_of({"score": scores, "prediction": predictions, "label": labels}, _FIELDS)

    def value(name: str) -> float:
        found = measure(f"performance.{name}", profile).value
        if found is None:
            raise ValueError(f"The validation rows give no {name}.")
        return found

    return Validation(
        how=how,
        rows=len(labels),
        positive_share=sum(labels) / len(labels),
        threshold=threshold,
        accuracy=value("accuracy"),
        auc=value("auc"),
        brier=value("brier"),
    )

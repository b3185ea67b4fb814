"""Rules over evidence that more evidence can never break.

Adding evidence never lowers the status of a requirement, and removing it never raises one. A check
keeps to that by its form: over evidence it asks that enough is there (a count at least) or that the
newest is young enough (freshness). Whatever is added to such a population can only help. A rule of
each record, an upper bound, or a filter that a claim leaves when it is accepted could fail by what
is added; such a rule is refused when it is written, and says nothing where one is kept from before.
"""

from twofold.domain.checks.rules import CheckKind, Rule, RuleError

#: The populations that grow when evidence is added.
OF_EVIDENCE = frozenset({"evidence", "claims"})
#: The state of a claim that a second person accepted; it ends as nothing else.
ACCEPTED = "accepted"
_GROWING = {CheckKind.FRESHNESS, CheckKind.COUNT}


def monotony_fault(rule: Rule) -> RuleError | None:
    """Return why evidence that is added could break a rule, with the field; None: it could not."""
    if rule.of not in OF_EVIDENCE:
        return None
    if rule.kind not in _GROWING:
        return RuleError(
            "kind",
            f"kind must be freshness or count over {rule.of}: a {rule.kind} could fail because "
            "evidence is added",
        )
    if rule.at_most is not None:
        return RuleError(
            "at_most",
            f"at_most cannot be set over {rule.of}: evidence that is added could exceed it",
        )
    for label, value in rule.where:
        if label == "state" and not matches(value, ACCEPTED):
            return RuleError(
                "where",
                f"where must take in the state {ACCEPTED!r}: a rule over {rule.of} that are "
                f"{value!r} could fail because one of them is accepted",
            )
    return None


def require_monotone(rule: Rule) -> None:
    """Return when evidence that is added cannot break a rule.

    Raises:
        RuleError: it could; with the field and the reason.
    """
    fault = monotony_fault(rule)
    if fault is not None:
        raise fault


def matches(wanted: str, value: str) -> bool:
    """Return whether a label has the wanted value, which is a prefix where it ends in `*`."""
    return value.startswith(wanted[:-1]) if wanted.endswith("*") else value == wanted

"""Exports of what the record holds: systems, people, rights, controls, decisions, documents."""

from collections.abc import Iterable
from datetime import date

from twofold.controls.models import EvidenceClaim, Implementation
from twofold.controls.queries import library
from twofold.evidence.models import EvidenceVersion
from twofold.inventory.models import AISystem
from twofold.people.access import PERMISSIONS, Permission
from twofold.people.models import Role, RoleAssignment
from twofold_demo.documents.document import Document, register, structured


def system_register(on: date) -> Document:
    """Return the register of AI systems."""
    systems = AISystem.objects.select_related("unit", "owner").order_by("code")
    return register(
        f"ai-system-register-{on}.csv",
        ("code", "name", "unit", "owner", "role", "stage", "risk tier", "registered", "purpose"),
        (
            (
                row.code,
                row.name,
                row.unit.name,
                row.owner.name,
                row.role,
                row.stage,
                row.risk_tier,
                row.registered_at.date(),
                row.purpose,
            )
            for row in systems
        ),
        on,
    )


def role_appointments(on: date) -> Document:
    """Return who holds which role in which unit, since when."""
    return register(
        f"role-appointments-{on}.csv",
        ("person", "role", "unit", "from", "until"),
        (
            (row.person.name, row.role, row.unit.name, row.from_date, row.until_date or "")
            for row in _assignments()
        ),
        on,
    )


def access_rules(on: date) -> Document:
    """Return what each role permits, as the product enforces it."""
    return register(
        f"access-rules-{on}.csv",
        ("permission", *Role.values),
        (
            (permission, *("yes" if permission in PERMISSIONS[role] else "" for role in Role))
            for permission in Permission
        ),
        on,
    )


def responsibilities(on: date) -> Document:
    """Return who answers for each control, who described it and who approved it."""
    return register(
        f"responsibilities-{on}.csv",
        ("control", "title", "scope", "responsible", "described by", "approved by"),
        (
            (
                row.control,
                library().control_by_id[row.control].title,
                row.system.name if row.system else row.unit.name,
                row.owner.name if row.owner else "nobody yet",
                row.described_by.name,
                row.approved_by.name if row.approved_by else "not approved",
            )
            for row in _implementations()
        ),
        on,
    )


def master_list(on: date) -> Document:
    """Return every document of the record with its newest version."""
    newest: dict[object, EvidenceVersion] = {}
    for version in EvidenceVersion.objects.select_related("item__unit").order_by("number"):
        newest[version.item_id] = version
    return register(
        f"document-master-list-{on}.csv",
        ("title", "kind", "unit", "version", "file", "sha256", "valid until"),
        sorted(
            (
                row.item.title,
                row.item.kind,
                row.item.unit.name,
                row.number,
                row.file_name,
                row.sha256,
                row.valid_until,
            )
            for row in newest.values()
        ),
        on,
    )


def duty_conflicts(on: date) -> Document:
    """Return a test of the record for duties that one person should not hold together."""
    implementations = list(_implementations())
    claims = list(EvidenceClaim.objects.exclude(accepted_at=None))
    return structured(
        f"duty-conflict-check-{on}.json",
        {
            "document": "Duty conflict check",
            "on": str(on),
            "approvals": {
                "looked_at": sum(row.approved_by_id is not None for row in implementations),
                "approved_by_author_or_owner": [
                    row.control
                    for row in implementations
                    if row.approved_by_id
                    and row.approved_by_id in {row.described_by_id, row.owner_id}
                ],
            },
            "acceptances": {
                "looked_at": len(claims),
                "accepted_by_claimant": [
                    row.ledger_subject for row in claims if row.accepted_by_id == row.claimed_by_id
                ],
            },
            "may_both_describe_and_approve": _holding_both(
                Permission.IMPLEMENT_CONTROL, Permission.APPROVE_CONTROL
            ),
            "may_both_configure_and_accept": _holding_both(
                Permission.CONFIGURE_MONITOR, Permission.ACCEPT_CLAIM
            ),
        },
        "Computed from roles, approvals and acceptances on record",
        (on, on),
    )


def _holding_both(one: Permission, other: Permission) -> list[str]:
    """Name those whose roles carry both; each single act still needs a second person."""
    return sorted(
        {row.person.name for row in _assignments() if {one, other} <= PERMISSIONS[Role(row.role)]}
    )


def _run_for(requirement: str) -> Iterable[str]:
    run = set(Implementation.objects.values_list("control", flat=True))
    return [
        control.id for control in library().controls_of.get(requirement, ()) if control.id in run
    ]


def _assignments() -> Iterable[RoleAssignment]:
    return RoleAssignment.objects.select_related("person", "unit").order_by("person__name", "role")


def _implementations() -> Iterable[Implementation]:
    return Implementation.objects.select_related(
        "system", "unit", "owner", "described_by", "approved_by"
    ).order_by("control", "system__code")

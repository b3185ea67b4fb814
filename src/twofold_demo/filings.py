"""Which documents are filed as evidence, by whom, for which need of which control."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import partial

from twofold.inventory.models import AISystem
from twofold_demo import statements
from twofold_demo.case import Case
from twofold_demo.documents import policy, proofs, registers, systems
from twofold_demo.documents.document import Document
from twofold_demo.governance import PLACES

_DELAY, _MORTGAGE = PLACES
#: The claim on this need is left for a visitor to accept.
LEFT_WAITING = "document-master-list"


@dataclass(frozen=True)
class Filing:
    """A document of the whole organisation, filed by one of the leads for one need."""

    control: str
    need: str
    title: str
    by: str
    make: Callable[[date], Document]
    statement: str


@dataclass(frozen=True)
class SystemFiling:
    """A document on one AI system, filed by its owner for one need."""

    control: str
    need: str
    title: str
    make: Callable[[Case, AISystem, date], Document]
    statement: str
    codes: tuple[str, ...] = (_DELAY, _MORTGAGE)


OF_SYSTEMS = (
    SystemFiling(
        "TF-MON-01",
        "operating-plan",
        "Operating plan",
        systems.operating_plan,
        "Indicators, limits, and who repairs, updates and supports, as the monitors are set up.",
    ),
    SystemFiling(
        "TF-LOG-01",
        "logging-specification",
        "Logging specification",
        systems.logging_specification,
        "Which events are recorded with which fields, and that they came on every day.",
    ),
    SystemFiling(
        "TF-LOG-01",
        "log-integrity-check",
        "Verification of the record",
        proofs.integrity_check,
        "The verifier read every entry, kept state, live row and sealed file of the record.",
    ),
    SystemFiling(
        "TF-LOG-01",
        "decision-replay-test",
        "Replay of decisions",
        proofs.replay_test,
        "Scores of sampled decisions were computed again from the sealed log alone.",
    ),
    SystemFiling(
        "TF-DRF-01",
        "drift-report",
        "Drift report",
        systems.drift_report,
        "Every drift measurement of the played weeks with limits and verdict.",
    ),
    SystemFiling(
        "TF-DRF-01",
        "drift-response-record",
        "Answers to drift alerts",
        proofs.drift_response,
        "What was found behind the first drift alert; the later ones are still to be answered.",
        (_DELAY,),
    ),
    SystemFiling(
        "TF-DAT-01",
        "data-preparation-record",
        "Training report",
        systems.training_report,
        "How training rows were prepared, and what the model did on rows it had not seen.",
    ),
    # It speaks of the first weeks only, so by now it no longer counts.
    SystemFiling(
        "TF-DAT-01",
        "data-quality-report",
        "Data quality of production",
        systems.data_quality,
        "Missing values per field in the first weeks of production.",
        (_DELAY,),
    ),
)
OF_ORGANISATION = (
    Filing(
        "TF-REG-01",
        "register-export",
        "Register of AI systems",
        "marta",
        registers.system_register,
        "Both AI systems with owner, role, stage and tier on the day of the export.",
    ),
    Filing(
        "TF-ROL-01",
        "raci-matrix",
        "Responsibilities for controls",
        "marta",
        registers.responsibilities,
        "For each control in operation who answers for it, who described and who approved it.",
    ),
    Filing(
        "TF-ROL-01",
        "role-appointment",
        "Role appointments",
        "marta",
        registers.role_appointments,
        "Every role that is held, by whom, in which unit and since when.",
    ),
    Filing(
        "TF-ROL-01",
        "duty-conflict-check",
        "Duty conflict check",
        "marta",
        registers.duty_conflicts,
        "No approval by an author or owner, no acceptance by a claimant; both leads may do either.",
    ),
    Filing(
        "TF-ACC-01",
        "access-rule-set",
        "Access rules",
        "tomasz",
        registers.access_rules,
        "What each role permits, as the product enforces it.",
    ),
    Filing(
        "TF-POL-01",
        "approved-policy",
        "AI and information security policy",
        "marta",
        policy.policy,
        "The policy in force for both units.",
    ),
    Filing(
        "TF-DOC-01",
        LEFT_WAITING,
        "Master list of documents",
        "marta",
        registers.master_list,
        "Every document of the record with its newest version and validity.",
    ),
)
STATEMENTS = (
    Filing(
        "TF-RSK-01",
        "statement-of-applicability",
        "Statement of Applicability, ISO/IEC 27001",
        "tomasz",
        partial(statements.workbook, "27001"),
        "Each control of Annex A with decision, grounds, state and evidence, as approved.",
    ),
    Filing(
        "TF-RSK-01",
        "statement-of-applicability",
        "Statement of Applicability, ISO/IEC 42001",
        "marta",
        partial(statements.workbook, "42001"),
        "Each control of Annex A with decision, grounds, state and the AI systems it covers.",
    ),
)

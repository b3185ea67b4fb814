"""The play: what happens at Harbourline, in order.

Each scene acts through the product as a person or a program would, and says in a line what it did.
"""

import time
from collections import Counter
from collections.abc import Callable
from datetime import timedelta

from django.core.management import call_command
from django.utils.translation import gettext as _

from twofold.cli.intake import Intake
from twofold.cli.worker import drain
from twofold.controls.models import EvidenceClaim, Implementation
from twofold.monitoring.models import Alert, Breach, Measurement, Monitor
from twofold.people.errors import Conflict
from twofold.people.queries import root_unit
from twofold.reporting import checks
from twofold.reporting.integrity import verify_record
from twofold_demo import (
    answers,
    audit,
    cast,
    collections,
    erasures,
    evidence,
    exhibits,
    governance,
    keeping,
    papers,
    requests,
    sending,
    statements,
    summary,
)
from twofold_demo.case import Case, Scale
from twofold_demo.clock import now
from twofold_demo.filings import OF_ORGANISATION, STATEMENTS
from twofold_demo.flights import delay_forecast
from twofold_demo.mortgages import mortgage_precheck
from twofold_demo.server import serving, wait_for_worker
from twofold_demo.stage import Stage
from twofold_verify.telling import Told, as_text

Say = Callable[[str], None]


def play(scale: Scale, *, password: str, say: Say) -> None:
    """Play everything on an empty installation.

    Raises:
        Conflict: an organisation stands already.
        InvalidInput: the password is not acceptable.
        WorkerStopped: the worker does not keep up.
        LedgerUnsound: the ledger does not verify at the end.
    """
    began = time.monotonic()
    call_command("migrate", verbosity=0)
    if root_unit() is not None:
        raise Conflict(
            _("An organisation stands already: the demonstration needs an empty installation.")
        )
    # Nothing is written before the longest calculation has gone well.
    cases = _train(scale, say)
    password = password or cast.new_password()
    organisation = cast.found(password=password, at=now())
    say(f"Founded {cast.NAME}: {len(cast.CAST)} people, {len(organisation.units)} units.")
    stage = _set(organisation, cases, say)
    with serving() as url:
        _operate(stage, url, say)
    _show(stage, say)
    _keep(stage, say)
    _close(say)
    say(f"Done in {time.monotonic() - began:.0f} s.")
    summary.tell(password, say)


def _train(scale: Scale, say: Say) -> tuple[Case, ...]:
    today = now().date()
    cases = (
        delay_forecast(today=today, scale=scale),
        mortgage_precheck(today=today, scale=scale),
    )
    for case in cases:
        found = case.validation
        say(
            f"Trained {case.code} on {len(case.reference):,} rows: accuracy {found.accuracy:.3f}, "
            f"AUC {found.auc:.3f} on {found.rows:,} rows it had not seen."
        )
    return cases


def _set(organisation: cast.Organisation, cases: tuple[Case, ...], say: Say) -> Stage:
    """Enter the systems, decide what applies, describe how it is done."""
    systems = {
        case.code: governance.register(case.code, case.purpose, organisation, at=now())
        for case in cases
    }
    say(f"Registered {len(systems)} AI systems.")
    decided = governance.decide_applicability(organisation, at=now())
    say(f"Decided on {decided} controls of both annexes.")
    # Before the weeks are played: reports are claimed for the implementations that stand by then.
    implementations = governance.implement(organisation, systems, at=now())
    say(f"Described {_told(implementations)}.")
    described = governance.take_stock(organisation, at=now())
    say(f"Took stock of what nobody had described: {_told(described)}.")
    implementations |= described
    return Stage(organisation, cases, systems, implementations)


def _told(implementations: dict[tuple[str, str], Implementation]) -> str:
    approved = sum(row.approved_at is not None for row in implementations.values())
    return f"{len(implementations)} controls in operation, {approved} of them approved"


def _operate(stage: Stage, url: str, say: Say) -> None:
    """Send references and weeks through the SDK, with the worker evaluating in between."""
    tokens = {
        code: cast.issue_tokens(stage.organisation, system.ledger_subject, at=now())
        for code, system in stage.systems.items()
    }
    for case in stage.cases:
        rows = sending.prepare(case, url, tokens[case.code].engineer)
        say(f"{case.code}: {rows:,} reference rows, {len(case.monitors)} monitors.")
    for number in range(len(stage.cases[0].weeks)):
        sent = sum(
            sending.send_week(case, case.weeks[number], url, tokens[case.code].sender)
            for case in stage.cases
        )
        wait_for_worker()
        monday = stage.cases[0].first_day + timedelta(weeks=number)
        say(
            f"Week of {monday}: {sent:,} events, {Measurement.objects.count()} measurements, "
            f"{Breach.objects.count()} breaches, "
            f"{Breach.objects.filter(closed_at=None).count()} open."
        )
    wait_for_worker(settled=True)
    say(f"{Monitor.objects.count()} monitors have measured {Measurement.objects.count()} windows.")
    asked = requests.ask_all(stage, at=now())
    answered = requests.answer_by_program(stage, stage.cases[0].code, url, at=now())
    say(f"Asked for evidence {asked} times; the training pipeline answered {answered}.")


def _show(stage: Stage, say: Say) -> None:
    """File evidence, claim it, have others accept it."""
    # What is filed speaks of the sealed record, so the record is sealed first.
    drain(seal_everything=True)
    answered = answers.acknowledge_drift(stage, at=now())
    say(f"{answered} of {Alert.objects.count()} alerts acknowledged, the others wait.")
    filed = evidence.file_for_systems(stage)
    for refusal in exhibits.file_exhibits(stage):
        say(f"Left out: {refusal}")
    accepted = evidence.accept_all(stage)
    added = audit.keep_library(stage, at=now())
    findings = audit.audit(stage, at=now())
    audit.set_by_hand(stage, at=now())
    exhibits.revise_plan(stage)
    say(f"Added {added} control of its own; the auditor raised {len(findings)} findings.")
    # Some of these speak of what was accepted.
    filed += evidence.file_for_organisation(stage, (*papers.filings(), *OF_ORGANISATION))
    accepted += evidence.accept_all(stage)
    say(f"Checked: {_check(stage)}.")
    rows = statements.seal(stage.organisation, at=now())
    say(f"Sealed both Statements of Applicability: {rows} controls.")
    filed += evidence.file_for_organisation(stage, STATEMENTS)
    accepted += evidence.accept_all(stage)
    _check(stage, control=STATEMENTS[0].control)
    waiting = EvidenceClaim.objects.filter(accepted_at=None).count()
    say(f"Filed {filed} documents; accepted {accepted} claims, {waiting} wait.")


def _keep(stage: Stage, say: Say) -> None:
    """Say who keeps what for how long; collect, hold, link and erase; read all for searching."""
    runs = Counter(run.outcome for run in collections.collect(stage))
    say(f"Collected by itself: {', '.join(f'{runs[name]} {name}' for name in runs)}.")
    described = keeping.describe_all(stage, at=now())
    held = keeping.hold(stage, at=now())
    links = keeping.link_all(stage, at=now())
    say(f"Evidence: {described} items have an owner and a term, {held} on hold; {links} links.")
    say(f"Erased by two persons each: {erasures.erase(stage)}; one more is asked for and waits.")
    read, reader = 0, Intake()
    while count := reader.run_once():
        read += count
    say(f"Read {read} versions for searching.")


def _check(stage: Stage, *, control: str = "") -> str:
    """Have the security lead run every check, or those of a control; return how they came out."""
    by = stage.organisation.actor("tomasz")
    outcomes: Counter[str] = Counter()
    for batch in checks.batches_running(by, control=control, at=now()):
        outcomes.update(row.outcome for row in checks.run_checks(batch, by=by, at=now()))
    return ", ".join(f"{number} {outcome}" for outcome, number in outcomes.most_common())


def _close(say: Say) -> None:
    drain(seal_everything=True)
    report = verify_record()
    if report.exit_status:
        raise LedgerUnsound(as_text(Told(report)))
    figures = report.figures
    alone = "" if figures.stamped or figures.cosigned else "; nobody outside vouches for it yet"
    say(f"Verified the ledger: {report.outcome}, with {len(report.erasures)} erasures{alone}.")


class LedgerUnsound(RuntimeError):  # noqa: N818 - said of the ledger
    """The ledger does not verify at the end of the play."""

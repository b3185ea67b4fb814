"""Documents on one AI system: its training, its operating plan, its drift, its data, its events."""

from datetime import date, timedelta

from twofold.domain.fields import Field, FieldType, Role
from twofold.domain.profile import profile_of
from twofold.inventory.models import AISystem
from twofold.monitoring.models import Measurement, Monitor
from twofold.monitoring.queries import monitors_of
from twofold.telemetry.queries import current_schema, events_by_day
from twofold_demo.case import Case
from twofold_demo.documents.document import Document, prose, structured, table
from twofold_demo.governance import CONTENT

_QUALITY_WEEKS = 4


def training_report(case: Case, system: AISystem, on: date) -> Document:
    """Return how the model was made and what it did on rows that it had not seen."""
    found = case.validation
    lines = [
        f"# Training report: {system.name}, version {case.version}",
        "",
        f"Source: {case.source}.",
        f"Model: {case.algorithm}",
        f"Training rows: {len(case.reference):,}.",
        "",
        "## Preparation",
        "",
        *(f"- {step}" for step in case.preparation),
        "",
        "## Validation",
        "",
        found.how,
        "",
        "| figure | value |",
        "|---|---|",
        f"| rows | {found.rows:,} |",
        f"| share with a true label | {found.positive_share:.3f} |",
        f"| threshold of the score | {found.threshold:.3f} |",
        f"| accuracy | {found.accuracy:.3f} |",
        f"| area under the ROC curve | {found.auc:.3f} |",
        f"| Brier score | {found.brier:.3f} |",
        "",
        "The threshold is the score from which as many rows lie as have a true label.",
    ]
    return prose(f"training-report-{case.code}.md", lines, "Written by the training run", (on, on))


def operating_plan(case: Case, system: AISystem, on: date) -> Document:
    """Return indicators, limits and who acts, as they are set up."""
    lines = [
        f"# Operating plan: {system.name}",
        "",
        system.purpose,
        "",
        f"Owner: {system.owner.name}.",
        "Alerts: the owner looks at them on the day they are raised and notes what was found.",
        "Repair and update: a new fit by the ML engineer, released by the owner as a new version.",
        "Support: the ML engineer answers users within a working day.",
        "",
        "| indicator | measure | field | window | warns | breaches |",
        "|---|---|---|---|---|---|",
        *(_plan_line(row) for row in monitors_of(system)),
    ]
    return prose(
        f"operating-plan-{case.code}.md", lines, "Written from the monitors as set up", (on, on)
    )


def revised_plan(case: Case, system: AISystem, on: date) -> Document:
    """Return the operating plan with what the corrective actions put into it."""
    plan = operating_plan(case, system, on)
    answers = (CONTENT / "operating-plan.md").read_text("utf-8")
    text = plan.octets.decode().replace(
        "and notes what was found.", "and notes what was found, as said below."
    )
    source = "Written from the monitors as set up, with the corrective actions"
    lines = [*text.splitlines(), "", *answers.splitlines()]
    return prose(plan.file_name, lines, source, (on, on))


def drift_report(case: Case, system: AISystem, on: date) -> Document:
    """Return every drift measurement with limits and verdict."""
    del on
    rows = (
        Measurement.objects.filter(monitor__system=system, monitor__metric__startswith="drift.")
        .select_related("monitor")
        .order_by("window_start", "monitor__name")
    )
    return table(
        f"drift-report-{case.code}.csv",
        ("from", "to", "monitor", "measure", "value", "events", "warns", "breaches", "verdict"),
        (
            (
                row.window_start,
                row.window_end,
                row.monitor.name,
                row.monitor.metric,
                "" if row.value is None else f"{row.value:.4f}",
                row.sample,
                row.monitor.warn,
                row.monitor.breach,
                row.verdict,
            )
            for row in rows
        ),
        "Measurements of the monitors",
        (case.first_day, case.last_day),
    )


def data_quality(case: Case, system: AISystem, on: date) -> Document:
    """Return values present and missing per field in the first weeks of production."""
    del on
    weeks = case.weeks[:_QUALITY_WEEKS]
    fields = [Field(f.name, FieldType(f.type), Role(f.role)) for f in case.fields]
    events = [event for week in weeks for event in week]
    profile = profile_of(
        {field.name: [event.values[field.name] for event in events] for field in fields}, fields
    )
    missing = {name: tally.missing for name, tally in profile.numbers.items()}
    missing |= {name: tally.missing for name, tally in profile.categories.items()}
    last = case.first_day + timedelta(days=7 * len(weeks) - 1)
    lines = [
        f"# Data quality of production: {system.name}",
        "",
        f"{profile.events:,} events from {case.first_day} to {last}.",
        "",
        "| field | missing | share |",
        "|---|---|---|",
        *(
            f"| {name} | {count} | {count / profile.events:.4f} |"
            for name, count in sorted(missing.items())
        ),
    ]
    return prose(
        f"data-quality-{case.code}-{case.first_day}.md",
        lines,
        "Counted from the events that were sent",
        (case.first_day, last),
    )


def logging_specification(case: Case, system: AISystem, on: date) -> Document:
    """Return which events are recorded with which fields, and how many came per day."""
    schema = current_schema(system)
    days = events_by_day(schema, case.first_day, case.last_day)
    return structured(
        f"logging-specification-{case.code}.json",
        {
            "document": "Logging specification",
            "system": {"code": system.code, "name": system.name},
            "schema_version": schema.version,
            "fields": schema.fields,
            "stage": "operation: one event per decision, with its outcome",
            "retention": "as long as a decision can be contested; sealed files are not altered",
            "personal_data": "no name, address or account; ids are those of rows",
            "events_by_day": {str(day): count for day, count in sorted(days.items())},
        },
        "Written from the declared schema",
        (on, on),
    )


def _plan_line(row: Monitor) -> str:
    warns = "" if row.warn is None else f"{row.direction} {row.warn:g}"
    return (
        f"| {row.name} | {row.metric} | {row.field} | {row.window_days} days | {warns} "
        f"| {row.direction} {row.breach:g} |"
    )

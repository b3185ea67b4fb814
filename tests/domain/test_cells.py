"""Cells of a CSV: no text is a formula where the file is opened in a spreadsheet."""

import pytest

from twofold.domain.cells import plain


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_a_text_that_a_spreadsheet_would_compute_is_marked_as_text(start):
    assert plain([f"{start}1+1", "A"]) == [f"'{start}1+1", "A"]


@pytest.mark.parametrize("text", ["", "1", "a=b", " =1", "'=1", "ISO/IEC 27001", "https://x/-"])
def test_any_other_text_stays_as_it_is(text):
    assert plain([text]) == [text]

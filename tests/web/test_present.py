from twofold.web.present import STATES, choice_filter, record_href, sdk_lines


def test_filter_offers_all_and_marks_the_one_chosen() -> None:
    offered = choice_filter("state", "gap", [("gap", "Gap"), ("partial", "Partial")])
    assert [(option["value"], option["chosen"]) for option in offered["options"]] == [
        ("", False),
        ("gap", True),
        ("partial", False),
    ]


def test_choice_that_must_be_made_offers_no_all() -> None:
    offered = choice_filter("field", "", [("sex", "sex")], every=False)
    assert [option["value"] for option in offered["options"]] == ["sex"]


def test_every_state_has_a_word() -> None:
    assert all(str(STATES[state]) for state in STATES)
    assert {state.value for state in STATES} >= {"unknown", "gap", "effective"}


def test_record_without_a_page_has_no_address() -> None:
    assert record_href("people.apitoken:x") == ""
    assert record_href("") == ""


def test_lines_of_the_sdk_are_python() -> None:
    compile(sdk_lines("http://127.0.0.1:8000", "loans"), "lines", "exec")

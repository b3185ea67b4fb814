"""Pages of a reader whose role is in a unit alone: what holds there from above is shown."""

from dataclasses import replace

import factories
from factories import governed

SERVED = "27001:A.8.16"


def test_what_is_run_and_decided_above_is_shown_without_a_way_into_it(db, client):
    cast = factories.cast(factories.now())
    of_all = replace(cast, unit=cast.root, owner=cast.lead)
    run = factories.implementation(of_all, approved=False, at=factories.now())
    made = governed.decision(cast, SERVED, at=factories.now())
    client.force_login(cast.owner)

    requirement = client.get(f"/requirements/{SERVED}/").content.decode()
    control = client.get(f"/controls/{run.control}/").content.decode()

    assert "It applies." in requirement
    assert made.reason in requirement
    for page in (requirement, control):
        assert "run for the whole of it" in page
        assert cast.root.name in page
        assert str(run.pk) not in page
    assert run.description not in control
    assert client.get(f"/implementations/{run.pk}/").status_code == 404


def test_a_status_set_by_hand_above_is_shown_without_its_reason_or_a_way_into_it(db, client):
    cast = factories.cast(factories.now())
    made = governed.override(cast, requirement="27001:9.1", at=factories.now())
    client.force_login(cast.owner)

    page = client.get("/requirements/27001:9.1/").content.decode()

    assert "Set by hand until" in page
    assert "told in the unit above alone" in page
    assert made.reason not in page
    assert str(made.pk) not in page


def test_who_may_not_decide_is_offered_no_way_to_decide(db, client):
    cast = factories.cast(factories.now())
    address = "/statements/27001/decide/"
    client.force_login(cast.owner)

    for page in ("/gap/", "/gap/roadmap/"):
        told = client.get(page)
        assert told.status_code == 200
        assert address not in told.content.decode()
    assert client.get(address).status_code == 403
    client.force_login(cast.lead)
    assert address in client.get("/gap/").content.decode()
    assert address in client.get("/gap/roadmap/").content.decode()

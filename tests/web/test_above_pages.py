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

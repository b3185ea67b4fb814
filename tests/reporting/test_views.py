"""Sums of readers of a part of the organisation: as many as are asked for, and no more."""

from twofold.reporting.shelves import Sight
from twofold.reporting.views import MOST, View, Views


def sight(number):
    return Sight((f"/{number}/",))


def test_those_who_see_the_same_share_one_view_and_the_one_asked_for_longest_ago_makes_room():
    views, made = Views(), []

    def make(sees):
        made.append(sees)
        return View()

    first = views.of(sight(0), make)
    assert views.of(Sight(("/0/",)), make) is first
    for number in range(1, MOST):
        views.of(sight(number), make)
    assert views.of(sight(0), make) is first
    views.of(sight(MOST), make)

    assert [sees for sees, _view in views][-2:] == [sight(0), sight(MOST)]
    assert len(made) == MOST + 1
    views.of(sight(1), make)
    assert len(made) == MOST + 2
    views.forget()
    assert not list(views)

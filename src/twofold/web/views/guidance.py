"""Guidance: articles of law, whom they bind and from when, and what answers them."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from twofold.people.access import Permission, require_anywhere
from twofold.people.errors import NotFound
from twofold.reporting.guidance import Article, addressee_text, articles
from twofold.reporting.guidance import article as one_article
from twofold.reporting.overlap import basis, requirement_overlap
from twofold.web.explorer import article_row, overlap_groups, state_counts
from twofold.web.present import choice_filter
from twofold.web.request import actor, now, search_text


@require_safe
def guidance(request: HttpRequest) -> HttpResponse:
    by, at = actor(request), now()
    require_anywhere(by, Permission.READ, at=at)
    on = basis(by, at=at)
    text = search_text(request).lower()
    addressee, applies = request.GET.get("addressee", ""), request.GET.get("applies", "")
    every = [
        (framework, articles(on, framework, day=at.date())) for framework in on.catalog.guidance
    ]
    shown = [
        (
            framework,
            [article_row(entry) for entry in found if _fits(entry, text, addressee, applies)],
        )
        for framework, found in every
    ]
    addressees = dict.fromkeys(
        entry.effective.addressee for _framework, found in every for entry in found
    )
    context = {
        "frameworks": [(framework, rows) for framework, rows in shown if rows],
        "total": sum(len(rows) for _framework, rows in shown),
        "q": search_text(request),
        "addressee_filter": choice_filter(
            "addressee", addressee, [(entry, addressee_text(entry)) for entry in addressees]
        ),
        "applies_filter": choice_filter(
            "applies", applies, [("yes", _("Applies already")), ("no", _("Applies later"))]
        ),
    }
    return render(request, "guidance.html", context)


@require_safe
def article(request: HttpRequest, article_id: str) -> HttpResponse:
    by, at = actor(request), now()
    require_anywhere(by, Permission.READ, at=at)
    on = basis(by, at=at)
    requirement = on.catalog.requirements.get(article_id)
    if requirement is None or requirement.effective is None:
        raise NotFound(_("There is no article %(id)s.") % {"id": article_id})
    found = one_article(on, requirement, requirement.effective, day=at.date())
    served = requirement_overlap(on, requirement)
    context = {
        "article": found,
        "requirement": requirement,
        "framework": served.framework,
        "states": state_counts(found.counts),
        "groups": overlap_groups(served.counterparts),
        "none": served.none,
    }
    return render(request, "guidance_article.html", context)


def _fits(entry: Article, text: str, addressee: str, applies: str) -> bool:
    named = (entry.requirement.id, entry.requirement.title, entry.requirement.summary)
    return (
        any(text in word.lower() for word in named)
        and addressee in {"", entry.effective.addressee}
        and applies in {"", "yes" if entry.applies else "no"}
    )

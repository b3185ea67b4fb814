"""The URL map: pages at the root, the API under /api/."""

from django.urls import include, path

from twofold.api.api import api

urlpatterns = [
    path("api/v1/", api.urls),
    path("", include("twofold.web.urls")),
]

"""The API object: authentication, problems, and the routers of its parts."""

from ninja import NinjaAPI

from twofold import __version__
from twofold.api import problems, records, systems, telemetry
from twofold.api.authentication import TokenAuthentication

api = NinjaAPI(
    title="Twofold",
    version=__version__,
    description="Governance of AI and information security: registers, telemetry, evidence, state.",
    auth=TokenAuthentication(),
    urls_namespace="api",
    docs_url=None,
)
problems.register(api)
api.add_router("/systems", systems.router)
api.add_router("/systems", telemetry.router)
api.add_router("", records.router)

"""The API object: authentication, problems, and the routers of its parts."""

from twofold import __version__
from twofold.api import (
    applicability,
    asking,
    certification,
    checks,
    claims,
    collecting,
    contents,
    erasures,
    evidence,
    exports,
    files,
    findings,
    ledger,
    library,
    overlap,
    overrides,
    people,
    problems,
    records,
    statements,
    supposing,
    systems,
    telemetry,
)
from twofold.api.authentication import TokenAuthentication
from twofold.api.bodies import JsonParser
from twofold.api.description import DescribedAPI

api = DescribedAPI(
    title="Twofold",
    version=__version__,
    description="Governance of AI and information security: registers, telemetry, evidence, state.",
    auth=TokenAuthentication(),
    parser=JsonParser(),
    urls_namespace="api",
    docs_url=None,
)
problems.register(api)
api.add_router("/systems", systems.router)
api.add_router("/systems", telemetry.router)
api.add_router("", certification.router)
api.add_router("", records.router)
api.add_router("/findings", findings.router)
api.add_router("/overrides", overrides.router)
api.add_router("", overlap.router)
api.add_router("", library.router)
api.add_router("/implementations", checks.router)
api.add_router("/claims", claims.router)
api.add_router("/ledger", ledger.router)
api.add_router("/ledger", exports.router)
api.add_router("/erasures", erasures.router)
api.add_router("/evidence/requests", asking.router)
api.add_router("/evidence/collections", collecting.router)
api.add_router("/evidence", evidence.router)
api.add_router("/evidence", files.router)
api.add_router("/evidence", contents.router)
api.add_router("", people.router)
api.add_router("", supposing.router)
api.add_router("/applicability", applicability.router)
api.add_router("/statements", statements.router)

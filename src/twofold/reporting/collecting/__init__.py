"""Automatic collection of evidence: what can be collected, fetching it, and the runs that are due.

The sources lie above the evidence itself: measurements of monitors, results of checks, files of a
folder, files at web addresses.
"""

from twofold.reporting.collecting.places import FetchError, Places, places_of_installation
from twofold.reporting.collecting.planning import plan_collection
from twofold.reporting.collecting.running import due_collections, run_collection

__all__ = [
    "FetchError",
    "Places",
    "due_collections",
    "places_of_installation",
    "plan_collection",
    "run_collection",
]

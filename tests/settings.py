"""Settings of the test suite: the product's own, on a throw-away folder, static files plain."""

import atexit
import os
import shutil
import tempfile

# Each process of the suite has its own: keys, blobs and locks are never shared between workers.
os.environ["TWOFOLD_DATA"] = tempfile.mkdtemp(prefix="twofold-tests-")
atexit.register(shutil.rmtree, os.environ["TWOFOLD_DATA"], ignore_errors=True)

from twofold.config.settings import *  # noqa: E402, F403 - the folder must be set before
from twofold.config.settings import DATA, DATABASES  # noqa: E402

if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # A file as in an installation: a live server's threads cannot share a database in memory, and
    # locks would go untested. Nobody reads it after a crash, so commits need not reach the disk.
    DATABASES["default"]["TEST"] = {"NAME": str(DATA / "test.sqlite3")}
    DATABASES["default"]["OPTIONS"]["init_command"] = (
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF;"
    )

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}

STATIC_ROOT.mkdir(exist_ok=True)  # noqa: F405 - served by finders here, but its place must be there

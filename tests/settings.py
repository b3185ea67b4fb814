"""Settings of the test suite: the product's own, on a throw-away folder and a plain static store."""

import os
import tempfile

os.environ.setdefault("TWOFOLD_DATA", tempfile.mkdtemp(prefix="twofold-tests-"))

from twofold.config.settings import *  # noqa: E402, F403 - the folder must be set before

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}

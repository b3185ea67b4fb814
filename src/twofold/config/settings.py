"""Django settings of every installation, read from the environment by `environment`."""

from pathlib import Path
from typing import Any

from csp.constants import NONE, SELF

from twofold.config import environment, vouching

DATA = environment.data_folder()
PACKAGE = Path(__file__).resolve().parent.parent

DEBUG = False
SECRET_KEY = environment.secret_key(DATA)
ALLOWED_HOSTS = environment.hosts()
HTTPS = environment.flag("TWOFOLD_HTTPS")

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_cotton",
    "csp",
    "twofold.ledger",
    "twofold.people",
    "twofold.evidence",
    "twofold.inventory",
    "twofold.telemetry",
    "twofold.controls",
    "twofold.findings",
    "twofold.monitoring",
    "twofold.web",
]
# Outermost are those that every answer passes: a refusal by one further in is told as any other,
# and static files bear the same headers as pages.
MIDDLEWARE = [
    "twofold.web.middleware.BodilessHeadMiddleware",
    "twofold.api.middleware.ProblemMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "twofold.web.middleware.SignInRequiredMiddleware",
    "twofold.web.middleware.OneLibraryMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
]
ROOT_URLCONF = "twofold.config.urls"
WSGI_APPLICATION = "twofold.config.wsgi.application"

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "twofold.web.context.installation",
            ],
        },
    },
]

# A component sees what it is given and nothing of the page around it.
COTTON_ISOLATE_BY_DEFAULT = True

DATABASES = {
    "default": environment.database(DATA),
}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # Writers queue instead of failing, readers never wait, and a commit is on the disk.
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 30,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
    }
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "people.Person"
# Addresses are unique by a constraint that leaves erased persons, who have none, out.
SILENCED_SYSTEM_CHECKS = ["auth.E003"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
# Failed sign-ins are counted here, so that every process of an installation sees them. An address
# can only fill the table to its own limit, far below the number at which entries are dropped.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "web_cache",
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    },
}
LOGIN_URL = "sign-in"
LOGIN_REDIRECT_URL = "posture"
LOGOUT_REDIRECT_URL = "sign-in"

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English")]
LOCALE_PATHS = [PACKAGE / "locale"]
TIME_ZONE = "UTC"
USE_TZ = True

STATIC_URL = "/static/"
STATIC_ROOT = DATA / "static"
WHITENOISE_ALLOW_ALL_ORIGINS = False
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

# The API refuses a larger body with a sentence; the server in front of it takes a little more, so
# that the sentence can be said.
MAXIMUM_BODY_BYTES = 8 * 1024 * 1024
MAXIMUM_UPLOAD_BYTES = environment.maximum_upload_bytes()
# What is larger than a few megabytes waits in a file until it is stored, on the disk of the data:
# the system's own folder for such files is often in memory.
FILE_UPLOAD_TEMP_DIR = DATA / "arriving"
FILE_UPLOAD_TEMP_DIR.mkdir(mode=0o700, exist_ok=True)
DATA_UPLOAD_MAX_MEMORY_SIZE = MAXIMUM_BODY_BYTES
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2000

# Half a working day; then the password is asked for again.
SESSION_COOKIE_AGE = 12 * 60 * 60
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = HTTPS
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SECURE = HTTPS
if HTTPS:
    # A browser takes a cookie of this prefix from this very host over HTTPS alone.
    SESSION_COOKIE_NAME = "__Host-session"
    CSRF_COOKIE_NAME = "__Host-csrf"
SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    },
}

LEDGER_KEY = DATA / "ledger.key"
SETUP_CODE = DATA / "setup.code"
LEDGER_ORIGIN = environment.origin()
LEDGER_POLICY = vouching.policy()
TIME_AUTHORITY, TIME_ROOTS = vouching.authority()
ANCHOR_MINUTES = vouching.anchor_minutes()
ALARM_SECONDS = vouching.alarm_seconds()
BLOBS = DATA / "blobs"
BLOBS_BUCKET = environment.bucket()
SCANNER = environment.scanner()
EVIDENCE_KEY = environment.evidence_key()
EVIDENCE_KEY_FILE = DATA / "evidence.key"
COLLECT_FOLDER = environment.collect_folder()
COLLECT_HOSTS = environment.collect_hosts()
# What is collected by itself is fetched again and again: a larger file is better sent.
COLLECT_BYTES = min(MAXIMUM_UPLOAD_BYTES, 256 * 1024 * 1024)
TELEMETRY = DATA / "telemetry"

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {
        "handlers": ["stderr"],
        "level": environment.log_level(),
    },
}

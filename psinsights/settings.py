"""Settings, all from the environment or ``.env``. docs/settings.md describes each of them."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Any

from psinsights.lib.environment import Environment

BASE_DIR = Path(__file__).resolve().parent.parent
env = Environment.with_file(BASE_DIR / ".env")
ENVIRONMENT = env
VERSION = "0.1.0"

# ── Who may reach it ──────────────────────────────────────────────────────────
LOOPBACK_HOSTS = ["127.0.0.1", "localhost", "[::1]"]
DEBUG = env.flag("DEBUG", False)
DEMO = env.flag("DEMO", DEBUG)  # opens without login, on loopback only
SECRET_KEY_GIVEN = bool(env.text("SECRET_KEY"))
# Without one, a key nobody can know: a system check then says what is missing.
SECRET_KEY = env.text("SECRET_KEY") or secrets.token_urlsafe(50)
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS", LOOPBACK_HOSTS)
CSRF_TRUSTED_ORIGINS = env.words("CSRF_TRUSTED_ORIGINS")
HTTPS = env.flag("HTTPS", not DEBUG)
TRUST_PROXY = env.flag("TRUST_PROXY", False)
BASE_URL = env.text("BASE_URL").rstrip("/")  # how others reach it, for links in what is sent out

# ── Where the data is ─────────────────────────────────────────────────────────
DATA_MODE = env.choice("DATA_MODE", ["local", "databricks"], "local")
DATA_DIR = Path(env.text("DATA_DIR") or BASE_DIR / "data")
GENERATED_DIR = DATA_DIR / "generated"
FIXTURES_DIR = BASE_DIR / "fixtures"
STALE_AFTER_HOURS = env.integer("STALE_AFTER_HOURS", 26, least=1)
TODAY = env.day("TODAY")  # a fixed as-of date, for demonstrations and tests
NOTE_READER = "insights.engine.reader.read_notes"  # fills engagements' findings, see ARCHITECTURE

DATABRICKS = {
    name: env.text(name)
    for name in (
        "DATABRICKS_HOST",
        "DATABRICKS_HTTP_PATH",
        "DATABRICKS_WAREHOUSE_ID",
        "DATABRICKS_TOKEN",
        "DATABRICKS_CLIENT_ID",
        "DATABRICKS_CLIENT_SECRET",
        "DATABRICKS_CATALOG",
        "DATABRICKS_SCHEMA",
        "DATABRICKS_CA_FILE",
        "DATABRICKS_CLOUD_FETCH",
        "DATABRICKS_CONNECTION_URI",
        "DATABRICKS_JOB_ID",
    )
}
SYNC_EVERY_MINUTES = env.integer("SYNC_EVERY_MINUTES", 15, most=1440)

# ── Who writes insights ───────────────────────────────────────────────────────
AI_PROVIDER = env.choice("AI_PROVIDER", ["embedded", "huggingface"], "embedded")
HF_TOKEN = env.text("HF_TOKEN")
HF_MODEL = env.text("HF_MODEL", "mistralai/Mistral-7B-Instruct-v0.2")
HF_PROVIDER = env.text("HF_PROVIDER", "auto")
HF_BASE_URL = env.text("HF_BASE_URL")
HF_TIMEOUT_SECONDS = env.decimal("HF_TIMEOUT_SECONDS", 60.0, least=1, most=600)
HF_BUDGET_TOKENS = env.integer("HF_BUDGET_TOKENS", 8000, least=1000, most=32000)
AI_RUNS_PER_USER_HOUR = env.integer("AI_RUNS_PER_USER_HOUR", 120, least=1)
AI_TOKENS_PER_DAY = env.integer("AI_TOKENS_PER_DAY", 2_000_000)
AI_CONCURRENCY = env.integer("AI_CONCURRENCY", 4, least=1, most=64)
# What a remote model costs, from a price list that is named: without all of it no cost is shown.
AI_PRICE_PER_MILLION_INPUT = env.price("AI_PRICE_PER_MILLION_INPUT")
AI_PRICE_PER_MILLION_OUTPUT = env.price("AI_PRICE_PER_MILLION_OUTPUT")
AI_PRICE_CURRENCY = env.text("AI_PRICE_CURRENCY", "USD")
AI_PRICE_SOURCE = env.text("AI_PRICE_SOURCE")
AI_PRICE_DATE = env.day("AI_PRICE_DATE")
# What a remote run may take beyond the model's deadline before another worker takes it over.
RUN_MARGIN_SECONDS = env.integer("RUN_MARGIN_SECONDS", 30, least=1, most=3600)

# ── Who is told ───────────────────────────────────────────────────────────────
WEBHOOK_URLS = env.words("WEBHOOK_URLS")
WEBHOOK_SECRET = env.text("WEBHOOK_SECRET")
WEBHOOK_SECRET_PREVIOUS = env.text("WEBHOOK_SECRET_PREVIOUS")  # while it is being replaced

# ── The weekly briefing ───────────────────────────────────────────────────────
BRIEFING_FROM = env.text("BRIEFING_FROM") or "PS Insights <ps-insights@localhost>"
BRIEFING_DAY = env.choice("BRIEFING_DAY", ["", "mon", "tue", "wed", "thu", "fri", "sat", "sun"], "")
BRIEFING_HOUR = env.integer("BRIEFING_HOUR", 6, most=23)  # UTC
vars().update(env.mail("EMAIL_URL", "consolemail://"))  # EMAIL_BACKEND, EMAIL_HOST and so on
EMAIL_TIMEOUT = 20  # seconds

# ── Applications ──────────────────────────────────────────────────────────────
INSTALLED_APPS = [
    "psinsights",
    "metrics",
    "insights",
    "connectors",
    "engagements",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.forms",
    "django_htmx",
    "template_partials",
    "axes",
    "csp",
]

MIDDLEWARE = [
    "psinsights.middleware.request_id",
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "psinsights.middleware.security_headers",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "psinsights.middleware.database_outage",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "psinsights.middleware.demo_login",
    "psinsights.middleware.LoginRequired",
    "psinsights.middleware.RoleRequired",
    "axes.middleware.AxesMiddleware",
    "metrics.middleware.measure_activity",
]

ROOT_URLCONF = "psinsights.urls"
WSGI_APPLICATION = "psinsights.wsgi.application"
APPEND_SLASH = False  # the addresses of the API are exact, and one page has one address

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "OPTIONS": {
            "loaders": [
                (
                    "template_partials.loader.Loader",
                    [
                        (
                            "django.template.loaders.cached.Loader",
                            [
                                "psinsights.lib.markup.Loader",
                                "django.template.loaders.app_directories.Loader",
                            ],
                        )
                    ],
                )
            ],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "psinsights.context.access",
            ],
            "builtins": ["psinsights.templatetags.page", "template_partials.templatetags.partials"],
        },
    },
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

# ── Database ──────────────────────────────────────────────────────────────────
SQLITE_OPTIONS = {
    # IMMEDIATE: a transaction that will write waits at its start instead of failing half-way.
    "transaction_mode": "IMMEDIATE",
    "timeout": 10,
    "init_command": (
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA temp_store=MEMORY; "
        "PRAGMA cache_size=-20000; PRAGMA journal_size_limit=67108864;"
    ),
}
DATABASES: dict[str, dict[str, Any]] = {
    "default": env.database("DATABASE_URL", f"sqlite:///{BASE_DIR / 'db.sqlite3'}")
}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    DATABASES["default"]["OPTIONS"] = SQLITE_OPTIONS
else:
    DATABASES["default"] |= {
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        # A download that is broken off must not leave a cursor behind in a kept connection.
        "DISABLE_SERVER_SIDE_CURSORS": True,
    }
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# ── Signing in ────────────────────────────────────────────────────────────────
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "psinsights.signing_in.MemberBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "dashboard"
LOGOUT_REDIRECT_URL = "login"
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = 0.25  # hours
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_LOCKOUT_TEMPLATE = "registration/locked.html"
AXES_VERBOSE = False
SILENCED_SYSTEM_CHECKS: list[str] = []

# ── Browser security ──────────────────────────────────────────────────────────
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "form-action": ["'self'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
    }
}
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
SECURE_REFERRER_POLICY = "same-origin"
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUST_PROXY else None
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_AGE = 60 * 60 * 12
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2000
FILE_UPLOAD_HANDLERS = [
    "connectors.imports.upload.Bounded",  # first: what is too large is not stored at all
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]

# ── Words, time, files ────────────────────────────────────────────────────────
LANGUAGE_CODE = "en-gb"
USE_I18N = False
USE_TZ = True
TIME_ZONE = "UTC"
STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "psinsights.lib.static_files.RememberedStaticFiles"},
}

# ── Logs: for operators, identifiers and never contents ───────────────────────
LOG_LEVEL = env.choice("LOG_LEVEL", ["DEBUG", "INFO", "WARNING", "ERROR"], "INFO")
LOG_FORMAT = env.choice("LOG_FORMAT", ["text", "json"], "text" if DEBUG else "json")
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"request_id": {"()": "psinsights.lib.logs.RequestIdFilter"}},
    "formatters": {
        "text": {"format": "%(levelname)s %(name)s [%(request_id)s] %(message)s"},
        "json": {
            "()": "pythonjsonlogger.json.JsonFormatter",
            "format": "%(asctime)s %(levelname)s %(name)s %(request_id)s %(message)s",
        },
    },
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "formatter": LOG_FORMAT,
            "filters": ["request_id"],
        }
    },
    "root": {"handlers": ["console"], "level": LOG_LEVEL},
    "loggers": {"axes": {"level": "WARNING"}},
}

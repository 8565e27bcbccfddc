"""The product's settings as tests want them: a developer's own .env does not decide what they see."""

# The environment has to be set before psinsights.settings reads it.
import os
import tempfile
from pathlib import Path

os.environ |= {
    "SECRET_KEY": "only-for-tests-only-for-tests-only-for-tests-only",
    "DEBUG": "false",
    "DEMO": "false",
    "HTTPS": "false",
    "ALLOWED_HOSTS": "127.0.0.1,localhost,[::1],testserver",
    "DATA_MODE": "local",
    "AI_PROVIDER": "embedded",
    "LOG_FORMAT": "text",
} | dict.fromkeys(
    (
        "TODAY",
        "DATA_DIR",
        "HF_TOKEN",
        "HF_BASE_URL",
        "CSRF_TRUSTED_ORIGINS",
        "WEBHOOK_URLS",
        "BASE_URL",
        "EMAIL_URL",
        "BRIEFING_FROM",
        "BRIEFING_DAY",
    ),
    "",
)

from psinsights.settings import *  # noqa: E402, F403 - the star is the point

# Hashing a password slowly is for attackers, not for a thousand tests.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

# A file, not memory: the tests that start workers and servers share it with them.
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):  # noqa: F405
    _home = Path(tempfile.gettempdir()) / f"psinsights-tests-{os.getuid()}"
    _home.mkdir(exist_ok=True)
    DATABASES["default"]["TEST"] = {"NAME": str(_home / f"test-{os.getppid()}.sqlite3")}  # noqa: F405

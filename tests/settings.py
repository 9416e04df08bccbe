"""The project's settings as tests need them: nothing read from this machine's .env or var/."""

import os
from pathlib import Path
from urllib.parse import quote

_root = Path(__file__).resolve().parent.parent
_scratch = _root / "var" / "test"
os.environ["ENV_FILE"] = os.devnull
os.environ["VAR_DIR"] = str(_scratch)
os.environ["LOG_DIR"] = str(_scratch / "logs")
os.environ["DEBUG"] = "0"
os.environ["SECRET_KEY"] = "tests-only-" + "s" * 50
os.environ["AUDIT_KEY"] = "tests-only-" + "a" * 50
os.environ["ALLOWED_HOSTS"] = "testserver,localhost,127.0.0.1"
os.environ["HTTPS"] = "0"
os.environ.setdefault("FONTS_DIR", str(_root / "var" / "fonts"))
os.environ.setdefault("DATABASE_URL", f"sqlite:///{quote(str(_scratch / 'unused.sqlite3'))}")

from config.settings import *  # noqa: E402, F403
from config.settings import DATABASES, LOGGING, STORAGES  # noqa: E402

DATABASES["default"]["CONN_MAX_AGE"] = 0
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    DATABASES["default"]["OPTIONS"]["init_command"] += " PRAGMA synchronous=OFF;"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
WHITENOISE_USE_FINDERS = WHITENOISE_AUTOREFRESH = True
LOGGING["root"]["handlers"] = ["stderr"]

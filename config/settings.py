"""Settings, driven by environment variables; `.env.example` lists them all.

With only DEBUG=1 every command works. Without DEBUG the keys and host names must be given.
"""

import os
import tomllib
from datetime import timedelta
from pathlib import Path
from urllib.parse import quote

import dj_database_url
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from config import env, machine

BASE_DIR = Path(__file__).resolve().parent.parent
env.load_file(Path(os.environ.get("ENV_FILE", BASE_DIR / ".env")))

VERSION = tomllib.loads((BASE_DIR / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
SITE_ORGANISER, SITE_CONTACT = env.text("SITE_ORGANISER"), env.text("SITE_CONTACT")
DEBUG = env.flag("DEBUG")
VAR_DIR = Path(env.text("VAR_DIR", str(BASE_DIR / "var"))).resolve()
VAR_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)  # keys, uploads, and the database where it is a file
FONTS_DIR = Path(env.text("FONTS_DIR", str(VAR_DIR / "fonts"))).resolve()

SECRET_KEY = env.key("SECRET_KEY", VAR_DIR / "keys" / "secret.key", generate=DEBUG)
AUDIT_KEY = env.key("AUDIT_KEY", VAR_DIR / "keys" / "audit.key", generate=DEBUG)
ALLOWED_HOSTS = env.listing("ALLOWED_HOSTS")
if not DEBUG and not ALLOWED_HOSTS:
    raise ImproperlyConfigured(
        "缺少 ALLOWED_HOSTS：请在环境变量（或 .env 文件）中写明本系统的域名或 IP，"
        "多个用英文逗号隔开；试用请设置 DEBUG=1。"
    )
if (
    DEBUG and not ALLOWED_HOSTS
):  # a trial is shown to colleagues; any other name would open it to pages that rebind theirs
    ALLOWED_HOSTS = [".localhost", "127.0.0.1", "[::1]", *machine.own_hosts()]

# --- What the site is made of
# ---------------------------------------------------------------------------------------
PRODUCT_APPS = ["schools", "ratings"]  # whose tables and migrations schools.operations.schema answers for
INSTALLED_APPS = [
    *PRODUCT_APPS,  # before django.contrib.auth: schools overrides createsuperuser
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",  # before staticfiles: one way of serving files in every mode
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "crispy_forms",
    "crispy_bootstrap5",
    "django_htmx",
    "import_export",
    "axes",
    "csp",
]

MIDDLEWARE = [
    "config.middleware.ProbeMiddleware",
    "config.middleware.ClientAddressMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "config.middleware.RequestLimitMiddleware",
    "config.middleware.OldBrowserMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "config.middleware.UnknownPathMiddleware",
    "config.middleware.MethodNotAllowedMiddleware",
    "config.middleware.SignInRequiredMiddleware",
    "config.middleware.IdleTimeoutMiddleware",
    "config.middleware.PrivatePagesMiddleware",
    "config.middleware.IdentityMiddleware",
    "config.middleware.TypedWordsMiddleware",
    "config.middleware.RefusedMiddleware",
    "axes.middleware.AxesMiddleware",  # last: it turns a refused sign-in into the lock-out page
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_USER_MODEL = "schools.User"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,  # the cached loader is Django's default and stays on
        "OPTIONS": {
            "builtins": ["schools.templatetags.posting"],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "schools.site.views.installation",
            ],
        },
    }
]
CRISPY_ALLOWED_TEMPLATE_PACKS = CRISPY_TEMPLATE_PACK = "bootstrap5"

# --- Database
# -------------------------------------------------------------------------------------------------------
DATABASES = {
    "default": dj_database_url.parse(
        env.text("DATABASE_URL", f"sqlite:///{quote(str(VAR_DIR / 'db.sqlite3'))}"),
        conn_max_age=env.number("CONN_MAX_AGE", 60),
        conn_health_checks=True,
    )
}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # IMMEDIATE takes the write lock at BEGIN, so two writers wait for each other instead of failing half-way.
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON;",
    }
else:
    # Else a server that takes the connection and says no more holds the process for good. The address may say
    # otherwise.
    DATABASES["default"].setdefault("OPTIONS", {}).setdefault("connect_timeout", 5)
    if env.flag("PGBOUNCER"):
        DATABASES["default"]["DISABLE_SERVER_SIDE_CURSORS"] = True
    else:  # a pool takes no such options; there they are set for the role, by ALTER ROLE
        # One that hangs holds up nobody else for long: a wait for a lock, a statement, a transaction in which
        # nothing happens. All end before the application server ends the worker.
        waits = {
            "lock_timeout": env.number("LOCK_SECONDS", 15),
            "statement_timeout": env.number("STATEMENT_SECONDS", 45),
            "idle_in_transaction_session_timeout": env.number("IDLE_TRANSACTION_SECONDS", 120),
        }
        DATABASES["default"]["OPTIONS"].setdefault(
            "options", " ".join(f"-c {name}={seconds}s" for name, seconds in waits.items())
        )

# --- Language and time
# ----------------------------------------------------------------------------------------------
LANGUAGE_CODE = "zh-hans"
TIME_ZONE = "Asia/Shanghai"
USE_I18N = USE_TZ = True
LOCALE_PATHS = [BASE_DIR / "config" / "locale"]

# --- Signing in
# -----------------------------------------------------------------------------------------------------
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "schools:desk"
LOGOUT_REDIRECT_URL = "login"
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "schools.accounts.opening.CharacterClassValidator",
        "OPTIONS": {
            "min_length": env.number("PASSWORD_MIN_LENGTH", 8),
            "classes": env.number("PASSWORD_CLASSES", 3),
        },
    },
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("username", "name")},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]

AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=30)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False  # the page promises 30 minutes
AXES_HANDLER = "schools.accounts.locking.Handler"
AXES_LOCKOUT_CALLABLE = "schools.accounts.locking.lockout_page"
# What was posted is kept beside a failure for as long as it counts, so no password of any form may be in it.
AXES_SENSITIVE_PARAMETERS = ["username", "ip_address", "old_password", "new_password1", "new_password2"]
AXES_ENABLE_ADMIN = False
AXES_VERBOSE = False

SESSION_COOKIE_AGE = env.number("IDLE_MINUTES", 30) * 60
SESSION_LONGEST = env.number("SESSION_HOURS", 12) * 3600  # since signing in, however busy
SESSION_EXPIRE_AT_BROWSER_CLOSE = True  # offices share computers
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "schools.site.views.csrf_failure"

# --- Headers
# --------------------------------------------------------------------------------------------------------
HTTPS = env.flag("HTTPS", default=not DEBUG)
TRUSTED_PROXIES = env.number("TRUSTED_PROXIES", 0)
CSRF_TRUSTED_ORIGINS = env.listing("CSRF_TRUSTED_ORIGINS")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = HTTPS
if HTTPS:  # by this name a browser takes them from this very host alone, and only encrypted
    SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "__Host-sessionid", "__Host-csrftoken"
SECURE_REDIRECT_EXEMPT = [r"^healthz$"]
SECURE_HSTS_SECONDS = env.number("HSTS_SECONDS", 31536000) if HTTPS else 0
if TRUSTED_PROXIES:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = (
    "same-origin" if HTTPS else None
)  # browsers ignore it, with a warning, over plain HTTP
X_FRAME_OPTIONS = "DENY"
SILENCED_SYSTEM_CHECKS = [
    "security.W005",
    "security.W021",
]  # subdomains and preload belong to whoever owns the domain
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],  # Bootstrap draws its ticks and arrows as data: pictures
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}

# --- Files
# ----------------------------------------------------------------------------------------------------------
STATIC_URL = "static/"  # below the prefix of the site, where it has one
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
MEDIA_ROOT = VAR_DIR / "media"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = WHITENOISE_AUTOREFRESH = DEBUG
UPLOAD_LIMIT = 10 * 1024 * 1024  # one file
REQUEST_LIMIT = 4 * UPLOAD_LIMIT  # three files and a form
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5000
DATA_UPLOAD_MAX_NUMBER_FILES = 10
FILE_UPLOAD_PERMISSIONS = 0o600

# --- Mail: only a daily digest to office mailboxes; off unless a server is named
# ---------------------------------------
EMAIL_HOST = env.text("EMAIL_HOST")
EMAIL_PORT = env.number("EMAIL_PORT", 25)
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = env.text("EMAIL_USER"), env.text("EMAIL_PASSWORD")
EMAIL_USE_SSL = env.flag("EMAIL_SSL")
EMAIL_USE_TLS = env.flag("EMAIL_TLS") and not EMAIL_USE_SSL
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env.text("EMAIL_FROM", EMAIL_HOST_USER or "noreply@localhost")

# --- Log
# ------------------------------------------------------------------------------------------------------------
LOG_DIR = Path(env.text("LOG_DIR", str(VAR_DIR / "logs"))).resolve()
LOG_DIR.mkdir(parents=True, exist_ok=True)
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {
        "stderr": {"class": "logging.StreamHandler", "formatter": "line"},
        # Nothing here deletes a log: regulations ask for six months, and several processes may write the same
        # file.
        "file": {
            "class": "config.logs.LogFile",
            "filename": LOG_DIR / "site.log",
            "formatter": "line",
            "delay": True,
            "encoding": "utf-8",
        },
    },
    "root": {"handlers": ["stderr", "file"], "level": env.text("LOG_LEVEL", "WARNING")},
    "loggers": {
        "django.server": {"handlers": ["stderr"], "level": "INFO" if DEBUG else "WARNING", "propagate": False}
    },
}

"""Settings. Every variable read from the environment begins with `NASWEB_`; `docs/operations.md` lists them all."""

import re
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import environ
from django.utils.translation import gettext_lazy as _

from nasweb.locations import runtime_dir_for, secret_key_from
from nasweb.redis_urls import broker_url_for

BASE_DIR = Path(__file__).resolve().parent.parent

env = environ.Env()
environ.Env.read_env(BASE_DIR / ".env")

# --- Where things lie -------------------------------------------------------------------------------------------------
STATE_DIR = Path(env.str("NASWEB_STATE_DIR", default=str(BASE_DIR / "var"))).resolve()
RUNTIME_DIR = Path(env.str("NASWEB_RUNTIME_DIR", default=str(runtime_dir_for(STATE_DIR))))
LOG_DIR = Path(env.str("NASWEB_LOG_DIR", default=str(STATE_DIR / "log")))

# --- Security ---------------------------------------------------------------------------------------------------------
DEBUG = env.bool("NASWEB_DEBUG", default=False)
SECRET_KEY = env.str("NASWEB_SECRET_KEY", default="") or secret_key_from(STATE_DIR / "secret_key")
ALLOWED_HOSTS = env.list("NASWEB_ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("NASWEB_TRUSTED_ORIGINS", default=[])
# On when the site is reached by HTTPS through a proxy that sets X-Forwarded-Proto.
HTTPS = env.bool("NASWEB_HTTPS", default=False)
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SECURE_HSTS_SECONDS = 30 * 24 * 3600 if HTTPS else 0
SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^healthz$"]
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_NAME = "nasweb_session"
SESSION_COOKIE_SECURE = HTTPS
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_HTTPONLY = True
CSRF_COOKIE_NAME = "nasweb_csrf"
CSRF_COOKIE_SECURE = HTTPS
CSRF_COOKIE_SAMESITE = "Lax"
X_FRAME_OPTIONS = "DENY"

# The address of Vite's development server, or empty: then the built files are served.
VITE_DEV_ORIGIN = env.str("NASWEB_VITE_DEV_ORIGIN", default="")
CONTENT_SECURITY_POLICY: dict[str, list[str]] = {
    "default-src": ["'self'"],
    "script-src": ["'self'"],
    "style-src": ["'self'", "'unsafe-inline'"],  # Plotly writes style elements; scripts stay strict
    "img-src": ["'self'", "data:"],
    "connect-src": ["'self'"],
    "object-src": ["'none'"],
    "base-uri": ["'none'"],
    "form-action": ["'self'"],
    "frame-ancestors": ["'none'"],
}
if VITE_DEV_ORIGIN:
    for directive in ("script-src", "style-src", "img-src", "connect-src"):
        CONTENT_SECURITY_POLICY[directive].append(VITE_DEV_ORIGIN)
    CONTENT_SECURITY_POLICY["connect-src"].append(VITE_DEV_ORIGIN.replace("http", "ws", 1))

# --- Applications -----------------------------------------------------------------------------------------------------
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "channels",
    "rest_framework",
    "drf_spectacular",
    "django_vite",
    "apps.accounts",
    "apps.artifacts",
    "apps.datasets",
    "apps.spaces",
    "apps.architectures",
    "apps.runs",
    "apps.compare",
    "apps.exports",
    "apps.latency",
    "apps.studies",
    "apps.methods",
    "apps.live",
    "apps.charts",
    "apps.workers",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "nasweb.security.ContentSecurityPolicyMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "nasweb.urls"
ASGI_APPLICATION = "nasweb.asgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "frontend" / "templates"],
        "APP_DIRS": False,
        "OPTIONS": {
            "loaders": [
                "django.template.loaders.filesystem.Loader",
                "django.template.loaders.app_directories.Loader",
            ]
            if DEBUG
            else [
                (
                    "django.template.loaders.cached.Loader",
                    [
                        "django.template.loaders.filesystem.Loader",
                        "django.template.loaders.app_directories.Loader",
                    ],
                )
            ],
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    }
]

# --- Database ---------------------------------------------------------------------------------------------------------
DATABASES: dict[str, Any] = {
    "default": env.db_url("NASWEB_DATABASE_URL", default=f"sqlite:///{STATE_DIR / 'nasweb.sqlite3'}"),
}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # IMMEDIATE takes the write lock at BEGIN, so that a transaction which reads first cannot fail half-way with "locked".
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": (
            "PRAGMA journal_mode=WAL;PRAGMA synchronous=NORMAL;PRAGMA mmap_size=134217728;"
            "PRAGMA journal_size_limit=67108864;PRAGMA cache_size=-16000;"
        ),
    }
    Path(DATABASES["default"]["NAME"]).parent.mkdir(parents=True, exist_ok=True)
# libpq's spelling of a socket folder: postgres://user@%2Fvar%2Frun%2Fpostgresql/name
DATABASES["default"]["HOST"] = unquote(DATABASES["default"].get("HOST") or "")
DATABASES["default"]["CONN_MAX_AGE"] = 0  # persistent connections and ASGI threads do not go together
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- Redis: broker, channel layer, cache ------------------------------------------------------------------------------
# Without an address the private server of the embedded mode is meant; `manage.py up` starts it.
REDIS_URL = env.str("NASWEB_REDIS_URL", default="") or f"unix://{RUNTIME_DIR / 'valkey.sock'}"
REDIS_IS_EMBEDDED = not env.str("NASWEB_REDIS_URL", default="")
CHANNEL_LAYERS = {
    "default": {
        # The core layer of channels_redis loses sockets with redis-py 8; see docs/adr/0002.
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {"hosts": [REDIS_URL], "prefix": "nasweb-live"},
    }
}
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "nasweb-cache",
    }
}

# --- Work: leases, sweeps, Celery -------------------------------------------------------------------------------------
NASWEB_LEASE_SECONDS = env.float("NASWEB_LEASE_SECONDS", default=60.0)
NASWEB_HEARTBEAT_SECONDS = env.float("NASWEB_HEARTBEAT_SECONDS", default=15.0)
NASWEB_SWEEP_SECONDS = env.float("NASWEB_SWEEP_SECONDS", default=30.0)

# `manage.py up` on one machine. There a stop need not wait long: a trial that is cut saves a checkpoint and goes on later.
NASWEB_HOST = env.str("NASWEB_HOST", default="127.0.0.1")
NASWEB_PORT = env.int("NASWEB_PORT", default=8000)
NASWEB_CPU_WORKERS = env.int("NASWEB_CPU_WORKERS", default=None)  # None: by the number of cores and GPUs
NASWEB_UP_SOFT_SHUTDOWN_SECONDS = env.float("NASWEB_UP_SOFT_SHUTDOWN_SECONDS", default=5.0)

CELERY_BROKER_URL = broker_url_for(REDIS_URL)
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {
    # Recovery is the business of leases in the database; the broker must not start a long job a second time.
    "visibility_timeout": 24 * 3600,
    "unacked_restore_interval": 10,
    "unacked_restore_throttle": 1,
}
CELERY_IMPORTS = (
    "tasks",
)  # the package names its modules; only workers import it, the web process sends tasks by name
CELERY_TASK_DEFAULT_QUEUE = "control"
CELERY_TASK_ROUTES = {
    name: {"queue": "cpu"} for name in ("tasks.dataset_check", "tasks.table_check", "tasks.architecture_export")
}
CELERY_TASK_CREATE_MISSING_QUEUES = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_RETRY_ON_WORKER_LOST = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
# A fresh process reads all of Django before it says that it is up; on a busy machine the usual 4 s kill it again and again.
CELERY_WORKER_PROC_ALIVE_TIMEOUT = 120.0
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = env.float("NASWEB_SOFT_SHUTDOWN_SECONDS", default=30.0)
CELERY_WORKER_MAX_MEMORY_PER_CHILD = env.int("NASWEB_WORKER_MEMORY_KB", default=8 * 1024 * 1024)
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = False
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TIMEZONE = "UTC"

# --- Files ------------------------------------------------------------------------------------------------------------
NASWEB_UPLOAD_LIMIT_BYTES = env.int("NASWEB_UPLOAD_LIMIT_BYTES", default=300 * 1024 * 1024)
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
FILE_UPLOAD_PERMISSIONS = 0o640
STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "frontend" / "dist"]
STORAGES = {
    "default": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": str(STATE_DIR / "files")},
    },
    "artifacts": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": env.str("NASWEB_ARTIFACT_ROOT", default=str(STATE_DIR / "artifacts"))},
    },
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
# The build is served from where Vite put it (with .br and .gz beside each file): no copying step, nothing to forget.
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = DEBUG
VITE_HASHED_NAME = re.compile(r"-[A-Za-z0-9_-]{8}\.[a-z0-9]+$")


def WHITENOISE_IMMUTABLE_FILE_TEST(path: str, url: str) -> bool:  # noqa: N802 - the name is the setting
    """Vite writes a content hash into each name; such a file may be cached for ever."""
    return VITE_HASHED_NAME.search(url) is not None


DJANGO_VITE = {
    "default": {
        "dev_mode": bool(VITE_DEV_ORIGIN),
        "manifest_path": BASE_DIR / "frontend" / "dist" / "manifest.json",
    }
}

# --- People -----------------------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
LOGIN_URL = "accounts:sign_in"
LOGIN_REDIRECT_URL = "/"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]

# --- Language and time ------------------------------------------------------------------------------------------------
LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("ko", _("Korean"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = True

# --- API --------------------------------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "apps.accounts.authentication.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": [
        "rest_framework.parsers.JSONParser",
        "rest_framework.parsers.MultiPartParser",
    ],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "apps.accounts.api_errors.problem_handler",
    "URL_FORMAT_OVERRIDE": None,  # `format` is a parameter of the trial list
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "nasweb",
    "DESCRIPTION": "Neural architecture search: spaces, data sets, runs, trials, architectures.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "COMPONENT_SPLIT_REQUEST": True,
    "COMPONENT_SPLIT_PATCH": False,
    "POSTPROCESSING_HOOKS": [],  # enumerations stay where they are declared: shared ones get made-up names
    "OAS_VERSION": "3.1.0",  # pydantic writes JSON Schema 2020-12
}

# --- Logging ----------------------------------------------------------------------------------------------------------
LOG_LEVEL = env.str("NASWEB_LOG_LEVEL", default="INFO")
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": LOG_LEVEL},
    "loggers": {
        "django": {"handlers": [], "level": "INFO", "propagate": True},
        "django.server": {"handlers": [], "level": "INFO", "propagate": True},
    },
}

"""One Redis-protocol server, two spellings of its address."""

from urllib.parse import parse_qs, urlsplit


def broker_url_for(redis_url: str) -> str:
    """Returns Celery's spelling of the URL that the cache and the channel layer use.

    TCP addresses are spelled alike; a unix socket is `unix:///path?db=1` here and `redis+socket:///path?virtual_host=1` there.
    """
    parts = urlsplit(redis_url)
    if parts.scheme != "unix":
        return redis_url
    database = parse_qs(parts.query).get("db", ["0"])[0]
    return f"redis+socket://{parts.path}?virtual_host={database}"

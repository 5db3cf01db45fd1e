"""`/healthz`: may this web process serve requests?"""

from django.core.cache import cache
from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from redis.exceptions import RedisError


@never_cache
@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """Answers 200 while the database answers, else 503.

    Redis is reported but does not decide: without it pages still work and no result is lost, only live updates wait.
    """
    database_answers, redis_answers = True, True
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        database_answers = False
    try:
        cache.get("healthz")
    except (RedisError, OSError):
        redis_answers = False
    return JsonResponse(
        {"database": database_answers, "redis": redis_answers},
        status=200 if database_answers else 503,
    )

"""What every page shows about the installation; no database."""

from django.conf import settings
from django.http import HttpRequest

TEXT_SIZE_COOKIE = "text_size"


def installation(request: HttpRequest) -> dict:
    """Version, organiser and limits as the pages name them, and the size of type this browser chose."""
    return {
        "installation": {
            "version": settings.VERSION,
            "organiser": settings.SITE_ORGANISER,
            "contact": settings.SITE_CONTACT,
            "idle_minutes": settings.SESSION_COOKIE_AGE // 60,
            "file_limit": settings.UPLOAD_LIMIT // 1024 // 1024,
            "lock_minutes": int(settings.AXES_COOLOFF_TIME.total_seconds() // 60),
            "lock_after": settings.AXES_FAILURE_LIMIT,
        },
        "large_text": request.COOKIES.get(TEXT_SIZE_COOKIE) == "large",
    }

"""The rating as a Django app."""

from django.apps import AppConfig
from django.conf import settings
from django.contrib.auth.signals import user_logged_in


class RatingsConfig(AppConfig):
    """The yearly regulation: criteria, assessments, results, bulletins."""

    name = "ratings"
    verbose_name = "星级评定"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """The acts of the rating join the table of permissions; in a trial, whoever signs in is told how old
        it is.
        """
        from schools.permissions import add_rooms

        from .permissions import ROOMS

        add_rooms(ROOMS)
        if settings.DEBUG:
            from .demo.trial import say_age  # a real installation never needs what loads one

            user_logged_in.connect(say_age)

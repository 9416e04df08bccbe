"""The rating as a Django app."""

from django.apps import AppConfig


class RatingsConfig(AppConfig):
    """The yearly regulation: criteria, assessments, results, bulletins."""

    name = "ratings"
    verbose_name = "星级评定"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Put the pages into the navigation, the workbench and the schools' pages."""
        from . import pages

        pages.register()

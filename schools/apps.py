from django.apps import AppConfig


class SchoolsConfig(AppConfig):
    """Everything that happens in the schools all year, ratings apart."""

    name = "schools"
    verbose_name = "党校与办学记录"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Connect what must be recorded wherever it happens, gather what the apps add to each other's pages,
        and let every text field ask whether what is typed can be printed.
        """
        from schools.site.contributions import of_all_apps
        from schools.site.printed import check_every_text_field

        from .accounts import signals  # noqa: F401
        from .operations import files  # noqa: F401

        of_all_apps()
        check_every_text_field()

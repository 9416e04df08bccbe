"""Addresses of the pages used all year."""

from django.urls import path

from .accounts import urls as accounts
from .audit import urls as audit
from .calendar import urls as calendar
from .desk.views import workbench
from .guidance import urls as guidance
from .messages import urls as messages
from .metrics import urls as metrics
from .monitoring import urls as monitoring
from .records import urls as records
from .registry import urls as registry
from .teaching import urls as teaching

app_name = "schools"

urlpatterns = [
    path("", workbench, name="desk"),
    *registry.urlpatterns,
    *records.urlpatterns,
    *accounts.urlpatterns,
    *messages.urlpatterns,
    *metrics.urlpatterns,
    *guidance.urlpatterns,
    *teaching.urlpatterns,
    *monitoring.urlpatterns,
    *calendar.urlpatterns,
    *audit.urlpatterns,
]

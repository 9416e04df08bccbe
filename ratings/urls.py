"""Addresses of the rating's pages."""

from .committee import urls as committee
from .drafting import urls as drafting
from .judging import urls as judging
from .publication import urls as publication
from .results import urls as results
from .review import urls as review
from .selfassessment import urls as selfassessment
from .sheets import urls as sheets

app_name = "ratings"

urlpatterns = [
    *sheets.urlpatterns,
    *selfassessment.urlpatterns,
    *drafting.urlpatterns,
    *results.urlpatterns,
    *publication.urlpatterns,
    *committee.urlpatterns,
    *judging.urlpatterns,
    *review.urlpatterns,
]

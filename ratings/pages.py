"""The words of the navigation bar, the workbench and the schools' pages that the rating contributes."""

from django.conf import settings
from django.contrib.auth.signals import user_logged_in

from ratings import desk, duties, own_desk
from ratings.announcing import self_assessments_due
from ratings.documents.papers import paper_pdf
from ratings.figure_tasks import figure_tasks
from ratings.judging.tasks import judging_tasks
from ratings.models.results import COMMITTEE
from ratings.permissions import CITY_READERS, RESULT_READERS
from ratings.review.tasks import review_tasks
from ratings.workflow.record_locks import signed_periods
from schools import handover, locks, navigation, panels
from schools.announcing import register_announcements
from schools.desk import register_tasks, register_tiles
from schools.models import Role
from schools.models.scope import COUNTY_ROLES, SCHOOL_ROLES
from schools.printing import register_renderer


def register() -> None:
    """Called once the app is ready."""
    navigation.register(25, "自评", "ratings:assessments", roles=SCHOOL_ROLES)
    navigation.register(30, "评定方案", "ratings:schemes", roles=CITY_READERS)
    navigation.register(35, "评审", "ratings:judging", roles=(Role.JUDGE,))
    navigation.register(36, "初评", "ratings:review", roles=COUNTY_ROLES)
    navigation.register(37, "申报进度", "ratings:progress", roles=COMMITTEE)
    navigation.register(38, "评审组", "ratings:panels", roles=(Role.OFFICE,))
    navigation.register(40, "评委会", "ratings:committee", roles=COMMITTEE)
    navigation.register(50, "评定结果", "ratings:results", roles=RESULT_READERS)
    navigation.register(60, "通报", "ratings:bulletins", roles=CITY_READERS)
    locks.register(signed_periods)
    handover.register_duties(duties.assessment_duties)
    register_tasks(own_desk.self_assessment_tasks)
    register_tasks(figure_tasks)
    register_tasks(desk.rating_tasks)
    register_tasks(review_tasks)
    register_tasks(judging_tasks)
    register_tiles(desk.rating_tiles)
    register_tiles(own_desk.self_check_tiles)
    register_renderer(paper_pdf)
    register_announcements(self_assessments_due)
    panels.register_column(panels.Column("star", desk.star_heading, desk.latest_stars, is_stars=True))
    panels.register_panel(panels.Panel("stars", "历年星级", "ratings/_stars_by_year.html", desk.stars_by_year, desk.stars_in_words))
    if settings.DEBUG:
        from ratings.demo.age import say_age  # only a trial has a demonstration, and only it needs what loads one

        user_logged_in.connect(say_age)

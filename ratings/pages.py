"""The words of the navigation bar, the workbench and the schools' pages that the rating contributes."""

from django.conf import settings
from django.contrib.auth.signals import user_logged_in

from ratings import desk, duties, own_desk, printing
from ratings.announcing import self_assessments_due
from ratings.figure_tasks import figure_tasks
from ratings.judging.tasks import judging_tasks
from ratings.permissions import ROOMS
from ratings.review.tasks import review_tasks
from ratings.workflow.record_locks import signed_periods
from schools import handover, locks, navigation, panels
from schools.announcing import register_announcements
from schools.desk import register_tasks, register_tiles
from schools.permissions import add_rooms
from schools.printing import register_renderer


def register() -> None:
    """Called once the app is ready."""
    add_rooms(ROOMS)
    navigation.register(25, "自评", "ratings:assessments", act="self_assess")
    navigation.register(30, "评定方案", "ratings:schemes", act="follow_rating")
    navigation.register(35, "评审", "ratings:judging", act="judge")
    navigation.register(36, "初评", "ratings:review", act="review")
    navigation.register(37, "申报进度", "ratings:progress", act="read_progress")
    navigation.register(38, "评审组", "ratings:panels", act="arrange_panels")
    navigation.register(40, "评委会", "ratings:committee", act="read_board")
    navigation.register(50, "评定结果", "ratings:results", act="read_results")
    navigation.register(60, "通报", "ratings:bulletins", act="follow_rating")
    locks.register(signed_periods)
    handover.register_duties(duties.assessment_duties)
    register_tasks(own_desk.self_assessment_tasks)
    register_tasks(figure_tasks)
    register_tasks(desk.rating_tasks)
    register_tasks(review_tasks)
    register_tasks(judging_tasks)
    register_tiles(desk.rating_tiles)
    register_tiles(own_desk.self_check_tiles)
    register_renderer(printing.print_paper)
    register_announcements(self_assessments_due)
    panels.register_column(panels.Column("star", desk.star_heading, desk.latest_stars, is_stars=True))
    panels.register_panel(panels.Panel("stars", "历年星级", "ratings/_stars_by_year.html", desk.stars_by_year, desk.stars_in_words))
    if settings.DEBUG:
        from ratings.demo.age import say_age  # only a trial has a demonstration, and only it needs what loads one

        user_logged_in.connect(say_age)

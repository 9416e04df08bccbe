"""What the rating adds to the pages used all year.

Tasks by role, figures, a school's stars, near deadlines, open duties, paper as PDF, gathered by
`schools.site.contributions`.
"""

from ratings.documents.papers import paper_pdf
from ratings.selfassessment.reminding import open_assessments
from ratings.workflow.snapshots import signed_periods
from schools.site.contributions import Column, Contributions, Entry, Panel

from .recused import scored_this_year
from .requests import request_tasks
from .tasks import (
    assessment_duties,
    figure_tasks,
    judging_tasks,
    latest_stars,
    rating_tasks,
    rating_tiles,
    review_tasks,
    scores_before_publication,
    self_assessment_tasks,
    self_assessments_due,
    self_check_tiles,
    star_heading,
    stars_by_year,
    stars_in_words,
)
from .witnesses import acts_of_years
from .years import same_page, years_in_hand

CONTRIBUTIONS = Contributions(
    navigation=(
        Entry(25, "自评", "ratings:assessments", act="self_assess"),
        Entry(30, "评定方案", "ratings:schemes", act="follow_rating"),
        Entry(35, "评审", "ratings:judging", act="judge"),
        Entry(36, "初评", "ratings:review", act="review"),
        Entry(37, "申报进度", "ratings:progress", act="follow_progress"),
        Entry(38, "评审组", "ratings:panels", act="arrange_panels"),
        Entry(40, "评委会", "ratings:committee", act="read_board"),
        Entry(50, "评定结果", "ratings:results", act="read_results"),
        Entry(60, "通报", "ratings:bulletins", act="follow_rating"),
    ),
    years=(years_in_hand,),
    same_page=(same_page,),
    tasks=(self_assessment_tasks, figure_tasks, rating_tasks, request_tasks, review_tasks, judging_tasks),
    tiles=(rating_tiles, self_check_tiles),
    announcements=(self_assessments_due,),
    matters=(open_assessments,),
    columns=(Column("star", star_heading, latest_stars, is_stars=True),),
    panels=(
        Panel("stars", "历年星级", "ratings/results/_stars_by_year.html", stars_by_year, stars_in_words),
    ),
    signed_periods=(signed_periods,),
    duties=(assessment_duties,),
    ties=(scored_this_year,),
    sealed=(scores_before_publication,),
    witnesses=(acts_of_years,),
    renderers=(paper_pdf,),
)

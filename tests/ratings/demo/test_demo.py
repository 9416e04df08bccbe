"""The demonstration is alive on whatever day it is loaded, is loaded whole or not at all, and only once."""

import datetime as dt
from collections import Counter
from io import StringIO
from pathlib import Path

import pytest
from django.contrib.auth.signals import user_logged_in
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from ratings import demo
from ratings.committee.invariants import violations
from ratings.demo.accounts import FIRST_CITY, SECOND_CITY
from ratings.demo.records import OPEN_REPORTS
from ratings.demo.sample import Sample, Seasons, nearest_workday
from ratings.demo.trial import CITIES, loaded_on, say_age
from ratings.enums import Phase, Status
from ratings.models import Assessment, Bulletin, JudgeSheet, OpeningNotice, Scheme
from schools import audit
from schools.calendar.workdays import is_workday
from schools.models import MonthlyReport, Region, School, TrainingClass, User, Visit
from schools.monitoring.standing import View, standings
from schools.site.contributions import tasks_for
from tests.cast import PASSWORD as CAST_PASSWORD
from tests.clock import at

FIXTURES = Path(__file__).parents[3] / "fixtures"
PASSWORD = "Shili-2026"
#: Enough schools of each county for every stage of the workflow.
FEW = 9
NEW_YEAR, LEAP_DAY = dt.date(2027, 1, 1), dt.date(2028, 2, 29)
#: The last days of a year, Spring Festival, a Sunday in summer, the day the rating in work changes, an
#: ordinary day years on.
OTHER_DAYS = (
    dt.date(2026, 11, 25),
    dt.date(2026, 12, 31),
    dt.date(2027, 2, 8),
    dt.date(2027, 7, 18),
    dt.date(2029, 11, 1),
    dt.date(2035, 7, 16),
)
#: Reports that are overdue: those left open on purpose, and those of the few schools that are late in the
#: sample.
FEW_OWING = OPEN_REPORTS + 5
EVERY_STATUS = set(Status) - {Status.SETTLED}


def load(per_county: int | None = FEW) -> list[User]:
    return demo.load(FIXTURES, PASSWORD, per_county=per_county)


def command() -> str:
    """What `manage.py load_demo` says."""
    out = StringIO()
    call_command("load_demo", stdout=out, no_color=True)
    return out.getvalue()


def check_ratings(seasons: Seasons) -> None:
    published = Scheme.objects.filter(city__name="示例市", phase=Phase.PUBLISHED)
    assert sorted(published.values_list("year", flat=True)) == list(seasons.published)
    running = Scheme.objects.get(city__name="示例市", phase=Phase.SCORING)
    assert (running.year, running.period_start.year, running.period_end.year) == (seasons.rated,) * 3
    assert str(seasons.rated) in running.name
    assert set(running.assessments.values_list("status", flat=True)) == EVERY_STATUS
    sheets = JudgeSheet.objects.filter(assessment__scheme=running)
    assert 0 < sheets.filter(submitted_at=None).count() < sheets.count()
    assert running.self_due < seasons.today < running.county_due < running.city_due
    waiting = Scheme.objects.get(city__name="示例县级市")
    assert (waiting.year, waiting.phase) == (seasons.this - 1, Phase.SETTLED)
    assert [problem for scheme in Scheme.objects.all() for problem in violations(scheme)] == []
    assert audit.verify() == []


def check_documents(seasons: Seasons) -> None:
    for bulletin in Bulletin.objects.filter(scheme__phase=Phase.PUBLISHED).select_related("scheme"):
        year = bulletin.scheme.year
        assert (
            bulletin.issued_on.year
            == bulletin.printed_on.year
            == timezone.localdate(bulletin.scheme.published_at).year
            == year
        )
        assert f"〔{year}〕" in bulletin.number and f"{year}年度" in bulletin.title
    notice = OpeningNotice.objects.select_related("scheme").get()
    assert notice.issued_on < notice.scheme.self_due and f"〔{notice.issued_on.year}〕" in notice.number
    assert f"{notice.scheme.self_due.month}月{notice.scheme.self_due.day}日前" in notice.body


def check_records(seasons: Seasons) -> None:
    today, now = seasons.today, timezone.now()
    for city in Region.objects.cities():
        classes = TrainingClass.objects.filter(school__city=city)
        assert (
            not classes.filter(ends_on__gt=today).exists()
            and not classes.filter(recorded_at__gt=now).exists()
        )
        assert all(
            is_workday(day)
            for day in classes.filter(starts_on__year=today.year).values_list("starts_on", flat=True)
        )
        if today.month > 3:  # the sample has no classes in December and January
            assert classes.filter(starts_on__gte=today - dt.timedelta(days=45)).exists()
        reports = MonthlyReport.objects.filter(school__city=city)
        assert set(reports.values_list("confirmed_by__appointments__school", flat=True)) == set(
            reports.values_list("school", flat=True)
        )
        assert not reports.filter(confirmed_at__gt=now).exists()
        for year in (seasons.this - 1, seasons.this):
            seen = standings(School.objects.filter(city=city), View(year, today))
            owing = Counter(month for one in seen for month in one.unreported)
            assert sum(owing.values()) <= FEW_OWING, owing
    assert TrainingClass.objects.filter(school__city__name="示例市", starts_on__year=seasons.first).exists()
    assert not Visit.objects.filter(on__gt=today).exists()


def check_workbenches(users: list[User]) -> None:
    assert [user.username for user in users] == [entry.username for entry in (*FIRST_CITY, *SECOND_CITY)]
    for user in users:
        client = Client()
        client.force_login(user)
        page = client.get("/").content.decode()
        assert tasks_for(user), user.username
        assert "没有需要您办理的事项" not in page and "演示数据是" not in page


def check_alive(day: dt.date, users: list[User]) -> None:
    seasons = Seasons(day)
    check_ratings(seasons)
    check_documents(seasons)
    check_records(seasons)
    check_workbenches(users)


def check_bulletins_follow(monkeypatch) -> None:
    """Where no PDF can be made nothing else is missing, and the first loading that can make one makes up for
    it.
    """
    published = Bulletin.objects.filter(scheme__published_at__isnull=False)
    with monkeypatch.context() as patched:
        patched.setattr("ratings.demo.past_years.reason_against", lambda: "缺少系统软件包")
        load()
    assert {bulletin.pdf.name for bulletin in published} == {""}
    assert not OpeningNotice.objects.issued().exists()

    load()
    assert all(bulletin.pdf.name for bulletin in published.all())


@pytest.mark.django_db
def test_on_new_years_day_everybody_has_work_and_later_loadings_only_add_bulletins(settings, monkeypatch):
    """Loaded where no PDF can be made, which is quicker; the deep run loads with everything, on every day."""
    settings.DEBUG = True
    with at(NEW_YEAR):
        with monkeypatch.context() as patched:
            patched.setattr("ratings.demo.past_years.reason_against", lambda: "缺少系统软件包")
            users = load()
        check_bulletins_follow(monkeypatch)
        check_alive(NEW_YEAR, users)
        assert tuple(Region.objects.cities().order_by("pk").values_list("name", flat=True)) == CITIES
        counts = (
            Scheme.objects.count(),
            Assessment.objects.count(),
            TrainingClass.objects.count(),
            User.objects.count(),
        )
        office = User.objects.get(username="office")
        office.name = "王新科"
        office.set_password("Gaiguo-2027")
        office.save()
        User.objects.get(username="judge5").appointments.update(end=NEW_YEAR)

        again, words = load(), command()

    assert again is None
    assert (
        Scheme.objects.count(),
        Assessment.objects.count(),
        TrainingClass.objects.count(),
        User.objects.count(),
    ) == counts
    office.refresh_from_db()
    assert office.name == "王新科" and office.check_password("Gaiguo-2027")
    assert User.objects.get(username="judge5").appointments.get().end == NEW_YEAR
    assert words.count("\n") == 1 and "2027年1月1日 载入，这次没有改动" in words


@pytest.mark.deep
@pytest.mark.django_db
@pytest.mark.parametrize("day", (*OTHER_DAYS, NEW_YEAR, LEAP_DAY), ids=str)
def test_the_whole_demonstration_is_alive_on_any_day(day):
    with at(day):
        check_alive(day, load(None))


@pytest.fixture
def reminder():
    """Sign-ins ask for the age of the demonstration, as in a trial."""
    user_logged_in.connect(say_age)
    yield
    user_logged_in.disconnect(say_age)


def first_page(client: Client, user: User) -> str:
    signs_in = {"username": user.username, "password": CAST_PASSWORD}
    return client.post(reverse("login"), signs_in, follow=True).content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("day", "is_aged"),
    [
        (dt.date(2027, 6, 1), False),
        (dt.date(2027, 7, 31), False),
        (dt.date(2027, 8, 1), True),
        (dt.date(2028, 1, 1), True),
    ],
    ids=str,
)
def test_an_old_demonstration_says_how_to_renew_it(day, is_aged, settings, reminder, appoint, client):
    """Loaded on the first of June 2027; only what tells its age is there."""
    settings.DEBUG = True
    with at(dt.date(2027, 6, 1)):
        audit.record("load_demo", by=None, city=None, subject="演示数据")
    sentence = "演示数据是 2027年6月1日 载入的"
    with at(day):
        words, page = command(), first_page(client, appoint("office"))

    assert words.count("\n") == 1
    assert (sentence in words and "make reset" in words) is is_aged
    assert (sentence in page and "make reset" in page) is is_aged


@pytest.mark.django_db
def test_without_a_demonstration_a_sign_in_says_nothing_of_one(reminder, appoint, client):
    page = first_page(client, appoint("office"))

    assert "今天要办" in page and "演示数据" not in page


@pytest.mark.django_db
def test_a_loading_that_was_cut_off_leaves_nothing_behind_not_even_files(monkeypatch, settings):
    written = []

    def files() -> list[Path]:
        return [path for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file()]

    def cut_off(*args, **options):
        written.extend(files())
        raise KeyboardInterrupt

    monkeypatch.setattr(demo, "_load_second", cut_off)
    with at(NEW_YEAR), pytest.raises(KeyboardInterrupt):
        load(2)

    assert len(written) == 2  # last year's bulletin and this year's notice
    assert files() == []
    assert not Region.objects.exists() and not User.objects.exists() and loaded_on() is None


@pytest.mark.django_db
@pytest.mark.parametrize("username", ["office", "zhangsan"])
def test_a_database_with_real_accounts_is_left_alone(username, settings):
    settings.DEBUG = True
    User.objects.create_user(username, name="本市的人")

    with pytest.raises(CommandError, match="已有1 个账号，不是试用数据，没有改动"):
        command()

    assert not Region.objects.exists() and User.objects.get().name == "本市的人"


@pytest.mark.django_db
def test_a_demonstration_of_an_earlier_version_is_left_alone(settings):
    settings.DEBUG = True
    Region.objects.create(code="S1", name="示例市", kind=Region.Kind.CITY)

    words = command()

    assert "已有示例市" in words and "make reset" in words
    assert not User.objects.exists()


@pytest.mark.django_db
def test_a_blank_password_is_none_and_the_printed_one_holds(settings, monkeypatch):
    settings.DEBUG = True
    monkeypatch.setenv("DEMO_PASSWORD", " ")
    given = []
    monkeypatch.setattr(demo, "load", lambda folder, password, progress: given.append(password) or [])

    assert "Xingji-2026" in command()
    assert given == ["Xingji-2026"]


def test_outside_of_a_trial_nothing_is_loaded(settings):
    settings.DEBUG = False

    with pytest.raises(CommandError, match="DEBUG=1"):
        call_command("load_demo")


@pytest.mark.parametrize(
    ("day", "rated", "published"),
    [
        (dt.date(2026, 12, 31), 2026, [2024, 2025]),
        (NEW_YEAR, 2026, [2025]),
        (LEAP_DAY, 2027, [2026]),
        (dt.date(2027, 10, 31), 2026, [2025]),
        (dt.date(2027, 11, 1), 2027, [2025, 2026]),
    ],
    ids=str,
)
def test_the_year_in_work_is_last_years_until_the_end_of_october(day, rated, published):
    seasons = Seasons(day)

    assert (seasons.rated, list(seasons.published)) == (rated, published)


def test_moved_days_are_working_days_of_the_same_month_in_the_same_order():
    days = [dt.date(2026, 1, 1) + dt.timedelta(days=number) for number in range(4 * 365)]

    found = [nearest_workday(day) for day in days]

    assert all(
        is_workday(one) and (one.year, one.month) == (day.year, day.month)
        for day, one in zip(days, found, strict=True)
    )
    assert found == sorted(found)
    assert all(day == one for day, one in zip(days, found, strict=True) if is_workday(day))


def test_a_sample_moved_to_another_year_keeps_its_criteria_and_its_workbooks():
    sample = Sample(FIXTURES / "shili-xianjishi", per_county=2)

    spec, own = sample.at(2031).spec, sample.own.spec

    assert (spec.year, spec.period_start, spec.period_end) == (
        2031,
        dt.date(2031, 1, 1),
        dt.date(2031, 11, 30),
    )
    assert "2031年度" in spec.name and (own.year, spec.items) == (2025, own.items)
    assert len(sample.at(2031).schools) == 2
    assert {row.school for row in sample.own.scores} == {school.code for school in sample.own.schools}

"""What the rating adds to the workbench, to the school's page and to the list of schools."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from django.urls import reverse
from django.utils import timezone

from ratings.drafts import EDITABLE
from ratings.enums import PUBLIC_PHASES, Phase, Star
from ratings.models import Bulletin, Result, Scheme
from ratings.second_person import second_person_tasks, with_waiting
from schools.desk import Task, Tile
from schools.models import School, User
from schools.models.scope import SCHOOL_ROLES
from schools.permissions import may, role_of


def rating_tasks(user: User) -> Iterator[Task]:
    """What the year of the rating asks of this person now."""
    if not may(user, "follow_rating"):
        return
    schemes = Scheme.objects.visible_to(user).exclude(phase=Phase.ARCHIVED).select_related("bulletin").order_by("-year")
    schemes = with_waiting(schemes) if may(user, "read_board") else schemes
    if may(user, "edit_scheme") and not schemes and not Scheme.objects.visible_to(user).exists():
        hint = "还没有评定方案：可以新建，也可以导入工作簿"
        yield Task(f"制定{timezone.localdate().year}年度评定方案", reverse("ratings:schemes"), hint, "待制定")
    latest = next((scheme.pk for scheme in schemes if scheme.is_public), None)
    for scheme in schemes:
        if not scheme.is_public or scheme.pk == latest:
            yield from _committee_tasks(scheme, user) if may(user, "read_board") else _reader_tasks(scheme, user)


def _committee_tasks(scheme: Scheme, user: User) -> Iterator[Task]:
    yield from second_person_tasks(scheme, user)
    board = reverse("ratings:board", args=[scheme.pk])
    if scheme.phase == Phase.DRAFTING and may(user, "edit_scheme") and scheme.opening_by is None:
        page = reverse("ratings:scheme_edit", args=[scheme.pk])
        yield Task(f"继续起草{scheme.year}年度评定方案", page, "写好以后检查，再提议启动", scheme.get_phase_display())
    elif scheme.phase == Phase.SCORING:
        yield Task(f"{scheme.year}年度评审进行中", board, "查看还缺哪些评分和审定意见", scheme.get_phase_display(), "info")
    elif scheme.phase in EDITABLE:
        yield Task(f"{scheme.year}年度评定结果已审定", board, "审定总表：各校得分、星级和提示", scheme.get_phase_display(), "ok")
        yield _bulletin_task(scheme, user)


def _bulletin_task(scheme: Scheme, user: User) -> Task:
    bulletin: Bulletin | None = getattr(scheme, "bulletin", None)
    if bulletin is None:
        return Task(f"起草{scheme.year}年度通报", reverse("ratings:bulletins"), "按审定结果自动生成初稿", "待起草")
    hint = f"{bulletin.title}；发文字号{'：' + bulletin.number if bulletin.number else '尚未填写'}"
    if may(user, "issue_bulletin") and bulletin.number:
        return Task(f"审核并印发{scheme.year}年度通报", reverse("ratings:bulletin", args=[bulletin.pk]), hint, "待印发")
    page = "ratings:bulletin_edit" if may(user, "write_bulletin") else "ratings:bulletin"
    return Task(f"修改{scheme.year}年度通报文稿", reverse(page, args=[bulletin.pk]), hint, "草稿")


def _reader_tasks(scheme: Scheme, user: User) -> Iterator[Task]:
    """The criteria while they are new, the result once it is out."""
    if scheme.phase in (Phase.OPEN, Phase.SCORING):
        url = reverse("ratings:scheme", args=[scheme.pk])
        yield Task(f"{scheme.year}年度评定方案", url, "对照标准安排全年工作", scheme.get_phase_display(), "info")
    elif scheme.phase == Phase.PUBLISHED and role_of(user) in SCHOOL_ROLES:
        result = Result.objects.visible_to(user).filter(scheme=scheme).first()
        if result:
            url = reverse("ratings:result", args=[result.pk])
            yield Task(
                f"{scheme.year}年度评定结果：{result.get_star_display()}", url, "查看星级是怎样得出的，还可以怎样改进", "已通报", "ok"
            )


def rating_tiles(user: User) -> Iterator[Tile]:
    """The latest results of the scope: one's own star, or how many schools hold which."""
    if not may(user, "read_results") or user.identity.city_id is None:
        return
    scheme = latest_scheme(user)
    if scheme is None:
        return
    results = Result.objects.visible_to(user).filter(scheme=scheme)
    if role_of(user) in SCHOOL_ROLES:
        result = results.first()
        if result:
            note = f"总分 {result.total}" if result.total is not None else "未申报"
            yield Tile(f"{scheme.year}年度星级", note=note, url=reverse("ratings:result", args=[result.pk]), stars=result.star)
        return
    counts = Counter(results.filter(lapsed=False).values_list("star", flat=True))
    note = "、".join(f"{Star(star).label} {counts[star]}" for star in sorted(counts, reverse=True))
    url = reverse("ratings:board", args=[scheme.pk]) if may(user, "read_board") else f"{reverse('ratings:results')}?year={scheme.year}"
    yield Tile(f"{scheme.year}年度评定", str(sum(counts.values())), "所参评", note, url)


def latest_scheme(user: User) -> Scheme | None:
    """The city's newest year with published results."""
    return Scheme.objects.visible_to(user).filter(phase__in=PUBLIC_PHASES).order_by("-year").first()


def star_heading(user: User) -> str:
    """The column names its year."""
    scheme = latest_scheme(user)
    return f"{scheme.year}年度星级" if scheme else "最近星级"


def latest_stars(schools: Sequence[School], user: User) -> dict[int, int]:
    """The star of each school in the latest published year, as far as the reader may know it."""
    scheme = latest_scheme(user)
    if scheme is None:
        return {}
    return dict(
        Result.objects.visible_to(user).filter(scheme=scheme, school__in=[school.pk for school in schools]).values_list("school_id", "star")
    )


def stars_by_year(school: School, user: User) -> dict | None:
    """Results of one school for its page; None where the reader may see none."""
    results = Result.objects.visible_to(user).filter(school=school).select_related("scheme").defer("trace", "figures", "next_star")
    found = list(results.order_by("-scheme__year"))
    return {"results": found} if found else None


def stars_in_words(school: School, user: User) -> str:
    """2025年度五星，2024年度四星: published years only, newest first."""
    results = Result.objects.visible_to(user).filter(school=school, scheme__phase__in=PUBLIC_PHASES)
    rows = results.order_by("-scheme__year").values_list("scheme__year", "star", "lapsed")[:5]
    return "，".join(f"{year}年度{'未申报' if lapsed else Star(star).label}" for year, star, lapsed in rows)

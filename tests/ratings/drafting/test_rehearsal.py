"""模拟: a draft on last year's data, without anything assumed in silence."""

from dataclasses import replace
from datetime import date
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.conf import settings

from ratings.criteria.spec import BandSpec, ItemSpec
from ratings.criteria.versions import current_spec
from ratings.drafting.rehearsal.applying import just_met
from ratings.drafting.rehearsal.running import rehearse
from ratings.models import Result, Scheme
from ratings.offline.running import run_year
from ratings.rules import parse_condition
from tests.factories import SchoolFactory, TrainingClassFactory
from tests.rating_factories import published_year

pytestmark = pytest.mark.django_db
FIXTURES = Path(settings.BASE_DIR) / "fixtures"


@pytest.fixture
def schools(city, county, school):
    return [school, *SchoolFactory.create_batch(4, county=county)]


@pytest.fixture
def base(city, schools) -> Scheme:
    """Five schools: K1 38 by 核定 or 30, L1 29, 26, 23, 20, 17, M1 28; the second is capped at
    three stars.
    """
    return published_year(city, schools)


@pytest.mark.parametrize("name", ["shili-shi", "shili-xianjishi"])
def test_last_years_own_scheme_gives_last_years_stars_exactly(name, monkeypatch):
    folder = FIXTURES / name
    scheme = run_year(folder / "scheme.xlsx", folder, issue=False).scheme

    found = rehearse(current_spec(scheme), scheme)

    results = {str(row.assessment_id): row for row in Result.objects.filter(scheme=scheme)}
    assert {case.key: case.now.star for case in found.cases} == {
        key: row.computed_star for key, row in results.items()
    }
    assert {key: row.total for key, row in results.items()} == {
        case.key: case.now.totals and Fraction(case.now.totals.total) for case in found.cases
    }
    assert [case.now for case in found.cases] == [case.then for case in found.cases]
    assert (found.assumptions, found.movers, found.left_out) == ((), [], ())


def rehearsed(base: Scheme, *items: ItemSpec, without=(), **changes):
    """The base year's own scheme with some items changed or added and others taken out."""
    spec = current_spec(base)
    changed = {item.code: item for item in items}
    kept = [changed.pop(item.code, item) for item in spec.items if item.code not in without]
    return rehearse(replace(spec, items=(*kept, *changed.values()), **changes), base)


def notes(found) -> list[tuple]:
    return [(one.where, one.counted, one.schools) for one in found.assumptions]


def cases(found) -> list:
    """In the order of `base`."""
    return sorted(found.cases, key=lambda case: int(case.key))


def totals(found) -> list[float]:
    return [float(case.now.totals.total) for case in cases(found)]


def test_changed_bands_of_a_computed_item_are_counted_by_the_figures_of_then(base):
    item = ItemSpec("K1", "办班总量", Fraction(40), "档(办班期数: ≥9→40; ≥5→20; 其他→0)", category="K")

    found = rehearsed(base, item)

    assert totals(found) == [97, 94, 91, 88, 85]
    assert notes(found) == [("K1", "按系统取数计", 1)]  # the 核定 was about the old bands
    assert found.distribution == [(5, 1, 2), (4, 1, 2), (3, 3, 1), (0, 0, 0)]


def test_movers_say_which_item_and_which_threshold_decide(base):
    found = rehearsed(
        base, bands=(BandSpec(5, "总分≥96"), BandSpec(4, "总分≥84 且 L≥24"), BandSpec(3, "总分≥70"))
    )

    first = found.movers[0]
    assert (first.then.star, first.now.star) == (5, 4)
    assert first.reasons == ("本方案五星：总分 95，要求 ≥96，差 1",)


def test_points_typed_or_answered_for_another_range_count_by_the_share_of_then(base):
    item = ItemSpec("L1", "听课", Fraction(15), "评(听课: A=15; B=9; C=0)", category="L")
    bigger = ItemSpec("M1", "保障", Fraction(45), "分(0—45)", category="M")

    found = rehearsed(base, item, bigger)

    assert notes(found)[0] == ("L1", "按当年本项得分率计", 5)
    assert cases(found)[0].now.items["L1"].points == Fraction(29, 2)
    assert cases(found)[0].now.items["M1"].points == 28  # the answer itself is still within the range
    assert "当年没有评过“听课”" in found.assumptions[0].text


def test_new_items_count_by_the_category_and_new_bonus_items_not_at_all(base):
    smaller = ItemSpec("L1", "听课", Fraction(30), "分(0—30)", category="L")
    new = ItemSpec("L2", "教案", Fraction(10), "清单(有教案=10)", category="L")
    bonus = ItemSpec("Z1", "创新", Fraction(3), "加(成果 每项 1)", bonus=True)

    found = rehearsed(base, smaller, new, bonus)

    assert notes(found) == [("L2", "按当年本大项得分率计", 5), ("Z1", "按 0 分计", 5)]
    assert cases(found)[0].now.items["L2"].points == Fraction(967, 100)
    assert "新增 L2 教案 6.67 分" in {reason for case in found.movers for reason in case.reasons}


def test_item_copied_under_another_code_keeps_its_answers(base):
    spec = current_spec(base)
    moved = replace(spec.items[1], code="L9")
    draft = replace(spec, items=(spec.items[0], moved, spec.items[2]))

    strangers, copied = rehearse(draft, base), rehearse(draft, base, origins={"L9": "L1"})

    assert notes(strangers) == [("L9", "按当年本大项得分率计", 5)]
    assert (notes(copied), totals(copied)) == ([], [95, 84, 81, 78, 75])


def test_new_figure_comes_from_the_records_of_then_never_from_silence(base, schools):
    for month in (3, 5, 7):
        TrainingClassFactory(school=schools[1], starts_on=date(2025, month, 8))
    item = ItemSpec("L1", "听课", Fraction(30), "档(有培训的双月数: ≥3→30; 其他→0)", category="L")

    found = rehearsed(base, item)

    assert cases(found)[1].now.items["L1"].points == 30
    assert notes(found) == [("L1", "按当年本项得分率计", 4)]
    assert "当年没有“有培训的双月数”的数据" in found.assumptions[0].text


def test_gate_on_a_figure_nobody_knows_counts_as_just_met_and_says_so(base):
    found = rehearsed(
        base, bands=(BandSpec(5, "总分≥90 且 现场教学点数≥2"), BandSpec(4, "总分≥80"), BandSpec(3, "总分≥70"))
    )

    assert notes(found) == [("五星", "按刚好达到计", 5)]
    assert cases(found)[0].now.star == 5


def test_restrictions_follow_by_wording_and_lost_ones_are_named(base):
    spec = current_spec(base)
    kept = rehearsed(base, restrictions=(replace(spec.restrictions[0], code="Q7", effect_text="不授星"),))
    dropped = rehearsed(base, restrictions=())

    assert cases(kept)[1].now.star == 0
    assert "限制性情形 Q7（发生责任事故）：不授星" in cases(kept)[1].reasons
    assert [(one.code, one.bound_then, one.bound_now) for one in kept.limits] == [
        ("Y1", 1, None),
        ("Q7", None, 1),
    ]
    assert notes(dropped) == [("Y1", "不再限制", None)]
    assert cases(dropped)[1].now.star == 4


def test_one_point_in_each_threshold_tells_who_would_change(base):
    found = rehearsed(
        base,
        bands=(BandSpec(5, "总分≥96 且 最低大项得分率≥90%"), BandSpec(4, "总分≥81"), BandSpec(3, "总分≥75")),
    )

    told = {(shift.before, shift.after): (len(shift.rising), len(shift.falling)) for shift, _ in found.shifts}
    assert told == {
        ("总分≥96", "总分≥95"): (1, 0),
        ("总分≥96", "总分≥97"): (0, 0),
        ("最低大项得分率≥90%", "最低大项得分率≥89%"): (0, 0),
        ("最低大项得分率≥90%", "最低大项得分率≥91%"): (0, 0),
        ("总分≥81", "总分≥80"): (0, 0),
        ("总分≥81", "总分≥82"): (0, 1),
        ("总分≥75", "总分≥74"): (0, 0),
        ("总分≥75", "总分≥76"): (0, 1),
    }


def test_share_of_five_stars_is_drawn_anew_and_counted_as_a_limit(base):
    found = rehearsed(
        base, bands=(BandSpec(5, "总分≥78"), BandSpec(4, "总分≥70")), five_star_share=Fraction(2, 5)
    )

    assert [case.now.star for case in cases(found)] == [5, 3, 5, 4, 4]
    share = next(one for one in found.limits if one.code == "五星比例上限")
    assert (share.bound_then, share.bound_now) == (None, 1)


@pytest.mark.parametrize("sign", "≥>≤<=≠")
def test_a_figure_that_nobody_knows_just_meets_any_condition_of_a_star(sign):
    condition = parse_condition(f"办班期数{sign}5")
    spec = SimpleNamespace(bands=[SimpleNamespace(star=4, condition=condition)])

    star, value = just_met(spec, {"办班期数": None})["办班期数"]

    assert star == 4
    assert condition.comparisons[0].holds(value)

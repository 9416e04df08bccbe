"""run_year: workbooks in, one published year out; a wrong row stops everything and says where it stands."""

import io
import json
import zipfile

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from python_calamine import CalamineWorkbook

from ratings.committee.invariants import violations
from ratings.enums import Phase, Status
from ratings.models import Assessment, Bulletin, Decision, Meeting, Panel, Result, Scheme, Score
from ratings.offline.running import run_year
from ratings.offline.storing import ROWS
from ratings.results.recompute import check_schools
from ratings.results.verification import Verifier, verification_package
from schools.models import AuditEntry, Region, School
from schools.saving import Refused
from schools.workbooks import WorkbookError
from tests.ratings.year_folder import HELD
from tests.xlsx import book

pytestmark = pytest.mark.django_db


def decided(*cells):
    """A change of the year: one row of decisions."""
    return lambda year: year.decisions.append(cells + ("",) * (10 - len(cells)))


def run(year, **options):
    return run_year(year.write().scheme, year.folder, issue=False, **options)


def problems(year, **options) -> list[str]:
    with pytest.raises(WorkbookError) as refused:
        run(year, **options)
    return [str(problem) for problem in refused.value.problems]


def stars(year) -> dict[str, int]:
    return dict(Result.objects.filter(scheme=run(year).scheme).values_list("school_code", "star"))


def test_full_marks_give_five_stars_and_the_points_of_every_item(year):
    run(year)

    result = Result.objects.get(school_code="001")

    assert (result.star, str(result.base), str(result.bonus), str(result.total)) == (
        5,
        "100.00",
        "0.00",
        "100.00",
    )
    assert result.figures["items"] == {
        "K1": "30.00",
        "K2": "30.00",
        "L1": "20.00",
        "L2": "20.00",
        "M1": "0.00",
    }


def test_a_year_is_read_as_people_make_its_workbooks(year):
    """Merged counties, two schools of one name, a total and a signature, codes and judges in other widths."""
    year.scores = [
        (code.replace("001", "００１"), item.lower(), stage, judge.replace("甲", " 甲"), *rest)
        for code, item, stage, judge, *rest in year.scores
    ]
    year.scores.append(("合计", "27行", "", "", None, "", ""))
    year.write()
    schools = book(
        ["镇街党校名单"],
        ["学校", None, "县（市、区）"],
        ["编码", "名称", None],
        ["001", "东溪镇委党校", "甲区"],
        ["002", "南浦镇委党校", None],
        ["003", "东溪镇委党校", "乙县"],
        ["合计", "3所"],
        ["制表人：谢敏"],
        merge=["C2:C3", "C4:C5"],
    )
    (year.folder / "schools.xlsx").write_bytes(schools)

    done = run_year(year.scheme, year.folder, issue=False)

    results = Result.objects.filter(scheme=done.scheme).order_by("school_code")
    assert list(results.values_list("school_code", "school_name", "county_name", "star")) == [
        ("001", "东溪镇委党校", "甲区", 5),
        ("002", "南浦镇委党校", "甲区", 5),
        ("003", "东溪镇委党校", "乙县", 5),
    ]
    assert [text.partition("：")[2] for text in done.warnings] == [
        "合计、小计等汇总行，没有读入",
        "“制表人：谢敏”是落款，没有读入",
        "合计、小计等汇总行，没有读入",
    ]


def test_a_name_in_the_place_of_a_code_is_answered_with_its_codes(year):
    year.schools[2] = ("003", "东溪镇委党校", "乙县")
    year.metrics[0] = ("东溪镇委党校", *year.metrics[0][1:])

    told = problems(year)

    assert any(text.endswith("“东溪镇委党校”是学校名称，请填编码：001（甲区）、003（乙县）") for text in told)


def test_command_writes_results_trace_and_bulletin(year, tmp_path):
    year.write()

    call_command("run_year", scheme=year.scheme, input=year.folder, out=tmp_path / "out", verbosity=0)

    sheet = CalamineWorkbook.from_path(tmp_path / "out" / "results.xlsx").get_sheet_by_index(0).to_python()
    codes, totals = (
        ["K", "K1", "K2", "L", "L1", "L2", "M", "M1"],
        ["基础分", "加分", "总分", "限制性情形", "星级", "计算星级", "与计算不同的理由"],
    )
    assert sheet[0] == ["学校编码", "学校名称", "县（市、区）", *codes, *totals]
    assert sheet[1] == [
        "001",
        "东溪镇委党校",
        "甲区",
        60,
        30,
        30,
        40,
        20,
        20,
        0,
        0,
        100,
        0,
        100,
        "",
        "五星",
        "五星",
        "",
    ]
    trace = json.loads((tmp_path / "out" / "trace.json").read_text(encoding="utf-8"))
    assert [school["星级"] for school in trace["学校"]] == ["五星"] * 3
    assert (tmp_path / "out" / "bulletin.pdf").read_bytes().startswith(b"%PDF")
    scheme = Scheme.objects.get()
    assert (scheme.phase, bool(Bulletin.objects.get().digest)) == (Phase.PUBLISHED, True)


def test_county_and_city_are_weighted_and_rounded_once(year):
    for judge, level in zip(("评委甲", "评委乙", "评委丙"), ("A", "B", "B"), strict=True):
        year.set_score("001", "L1", "评审", judge=judge, answers=level)
    run(year)

    # 初评 20 × 30% + (20 + 12 + 12) / 3 × 70% = 16.2666…
    assert Result.objects.get(school_code="001").figures["items"]["L1"] == "16.27"


def test_onsite_item_of_a_school_that_was_not_visited_keeps_the_county_score(year):
    year.set_score("002", "K2", "初评", answers="桌椅")
    year.drop_scores("002", "K2", "评审")
    run(year)

    result = Result.objects.get(school_code="002")

    assert result.figures["items"]["K2"] == "20.00"
    assert any("沿用初评" in step for item in result.trace["items"] for step in item["steps"])


def test_onsite_item_scored_by_one_judge_only_is_missing_for_the_others(year):
    year.drop_scores("002", "K2", "评审", "评委乙")

    assert problems(year) == ["scores.xlsx：南浦镇委党校：K2 缺评审评分：评委乙"]


def test_missing_score_stops_the_year_and_writes_nothing(year):
    year.drop_scores("001", "L2", "初评")
    year.drop_scores("003", "K2", "自评")

    found = problems(year)

    assert found == ["scores.xlsx：青屿镇委党校：自评缺 K2", "scores.xlsx：东溪镇委党校：L2 缺初评评分"]
    assert not (
        Region.objects.exists()
        or School.objects.exists()
        or Scheme.objects.exists()
        or AuditEntry.objects.exists()
    )


def test_missing_metric_is_never_read_as_zero(year):
    year.metrics = [row for row in year.metrics if row != ("002", "月报逾期", 0)]

    found = problems(year)

    assert found == ["metrics.xlsx：南浦镇委党校：缺指标“月报逾期”的数值"]


def test_two_sheets_are_not_a_panel(year):
    year.drop_scores("001", "", "评审", "评委丙")

    assert problems(year) == ["scores.xlsx：东溪镇委党校：评委评分表至少 3 份，已有评分的 2 份"]


def test_school_that_handed_in_nothing_is_listed_as_lapsed_without_points(year):
    year.drop_scores("003")

    assert stars(year) == {"001": 5, "002": 5, "003": 0}
    result = Result.objects.get(school_code="003")
    assert (result.lapsed, result.total, result.restrictions) == (True, None, ["Y2"])
    assert Assessment.objects.get(school__code="003").status == Status.LAPSED


def test_school_that_was_scored_without_handing_in_is_listed_as_lapsed_with_its_points(year):
    year.drop_scores("003", "", "自评")

    assert stars(year) == {"001": 5, "002": 5, "003": 0}
    result = Result.objects.get(school_code="003")
    assert (result.lapsed, result.total is None, result.restrictions) == (True, False, ["Y2"])


def test_school_without_self_assessment_stops_the_year_where_no_restriction_says_so(year):
    year.restrictions = year.restrictions[:1]
    year.drop_scores("003")

    assert any("未提交自评" in problem for problem in problems(year))


def test_confirmed_restriction_caps_the_star(year):
    year.cases = [("001", "Y1", "事故认定书")]

    assert stars(year) == {"001": 3, "002": 5, "003": 5}


@pytest.mark.parametrize(("seats", "star", "restrictions"), [(20, 3, []), (19, 0, ["Y3"])])
def test_condition_restriction_applies_below_its_bound_only(year, seats, star, restrictions):
    year.metrics[0] = ("001", "主教室座位", seats)

    assert stars(year)["001"] == star
    assert Result.objects.get(school_code="001").restrictions == restrictions


def test_row_for_a_computed_item_is_an_adjustment_with_its_reason(year):
    year.set_score("001", "K1", "评审", points=25, remark="现场清点 95 座")
    run(year)

    # 初评 30 × 30% + 核定 25 × 70%
    assert Result.objects.get(school_code="001").figures["items"]["K1"] == "26.50"


def test_adjustment_of_the_county_holds_for_the_city_too(year):
    year.set_score("001", "K1", "初评", points=20, remark="现场清点 70 座")
    run(year)

    assert Result.objects.get(school_code="001").figures["items"]["K1"] == "20.00"


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (
            lambda y: y.set_score("001", "K1", "评审", points=25),
            "「说明」：K1 全部由系统取数，改动即为核定，须写明理由",
        ),
        (lambda y: y.set_score("001", "K1", "评审", points=31, remark="多"), "K1 满分 30.00 分"),
        (lambda y: y.set_score("001", "L2", "初评", points="20.01"), "L2 应在 15.00—20.00 分之间"),
        (lambda y: y.set_score("001", "L2", "初评", points=14), "L2 应在 15.00—20.00 分之间"),
        (lambda y: y.set_score("001", "L1", "初评", answers="E"), "应是 A、B、C 之一"),
        (lambda y: y.set_score("001", "L1", "初评", answers="不适用"), "没有标明可不适用"),
        (lambda y: y.set_score("001", "K2", "初评", points=20, answers="音响"), "与作答不一致"),
        (lambda y: y.set_score("001", "K9", "初评", points=20), "方案里没有小项“K9”"),
        (lambda y: y.set_score("009", "K2", "初评", points=20), "schools.xlsx 里没有编码“009”"),
        (lambda y: y.set_score("001", "K2", "复评", points=20), "不在可选范围"),
        (lambda y: y.set_score("001", "K2", "初评"), "得分和作答都没有填"),
        (lambda y: y.scores.append(y.scores[0]), "重复"),
        (lambda y: y.metrics.append(("001", "主教室座位", 90)), "重复"),
        (lambda y: y.metrics.__setitem__(0, ("001", "主教室座位", "一百")), "应填数字"),
        (lambda y: y.metrics.__setitem__(0, ("001", "主教室座位", -1)), "小于下限"),
        (lambda y: y.cases.append(("001", "Y9", "x")), "方案里没有限制性情形“Y9”"),
        (lambda y: y.cases.append(("001", "Y1", "")), "「依据」：不能为空"),
        (lambda y: y.schools.append(("001", "又一所", "甲区")), "与第 2 行重复"),
        (decided("001", "四星", "理由"), "与计算结果五星不同，须写明会议"),
        (decided("001", "四星", "", *HELD, 7), "请在“理由”写明"),
        (decided("001", "四星", "理由", *HELD), "请在“同意”填写票数"),
        (decided("001", "四星", "理由", *HELD, 8, 2), "多于这次会议实到的 9 人"),
        (decided("001", "四星", "理由", "2025-12-20", 8, 9, "测评纪〔2025〕3号", 7), "实到人数应在"),
        (decided("001", "四星", "理由", "2027-12-20", *HELD[1:], 7), "会议日期"),
        (decided("001", "四星", "理由", *HELD[:3], "第3号", 7), "会议纪要文号应依次写"),
        (decided("001", "一星", "理由", *HELD, 7), "本方案不设一星"),
        (decided("009", "四星", "理由", *HELD, 7), "schools.xlsx 里没有编码“009”"),
        (decided("001", "", "理由", *HELD, 7), "「审定星级」：不能为空"),
    ],
)
def test_wrong_row_names_its_place_and_writes_nothing(year, change, sentence):
    change(year)

    found = problems(year)

    assert any(sentence in problem for problem in found), found
    assert not Scheme.objects.exists()


def test_typed_points_outside_by_rounding_only_are_taken_as_the_end_of_the_range(year):
    year.item("L2")[8] = "扣(满分 19.333; 月报逾期 每月 2; 无专人 5; 下限 0) + 清单(培训专柜=0.667)"
    for stage, judge in (
        ("自评", ""),
        ("初评", ""),
        ("评审", "评委甲"),
        ("评审", "评委乙"),
        ("评审", "评委丙"),
    ):
        year.set_score("001", "L2", stage, judge=judge, points="20")

    run(year)

    assert Result.objects.get(school_code="001").figures["items"]["L2"] == "20.00"


def rate(year, *, optional: bool = False) -> None:
    """K1 by a rate; nobody is to be trained at 003."""
    year.item("K1")[8], year.item("K1")[12] = "比(参训干部/应训干部)×30", "是" if optional else ""
    year.restrictions.pop()
    figures = [(code, name, 0 if code == "003" else 10) for code, _, _ in year.schools for name in RATE]
    year.metrics = [row for row in year.metrics if row[1] != "主教室座位"] + figures


RATE = ("参训干部", "应训干部")


@pytest.mark.parametrize("stage", ["初评", "评审"])
def test_a_rate_over_nothing_asks_for_an_adjustment_and_is_recomputed_with_it(stage, year):
    rate(year)
    assert problems(year) == [
        "scores.xlsx：青屿镇委党校：K1 应训干部 0 人，不能作分母，请加一行核定（得分、说明）"
    ]
    judge = "评委甲" if stage == "评审" else ""
    year.set_score("003", "K1", stage, judge=judge, points=30, remark="没有应训干部")

    recomputed(run(year).scheme)

    assert Result.objects.get(school_code="003").figures["items"]["K1"] == "30.00"


def test_a_rate_over_nothing_does_not_apply_where_the_scheme_says_so(year):
    rate(year, optional=True)

    recomputed(run(year).scheme)

    assert Result.objects.get(school_code="003").figures["items"]["K1"] is None


def recomputed(scheme) -> None:
    """The package is the same to whoever reads it without this program."""
    content = verification_package(scheme, to=Verifier("示例市纪委监委 刘某", "核实")).content
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        names = ("scheme", "rules", "schools", "results")
        contents = [json.loads(package.read(f"{name}.json")) for name in names]
    assert list(check_schools(*contents)) == []


@pytest.mark.parametrize(
    ("rule", "answers", "points"),
    [
        ("加(成果 每项 2)", "成果×9", "5.00"),
        ("加(成果 每项 2; 上限 4) + 清单(获奖=3)", "成果×2；获奖", "5.00"),
        ("清单(获奖=3; 推广=3)", "获奖；推广", "5.00"),
        ("清单(获奖=3; 推广=3)", "推广", "3.00"),
    ],
)
def test_a_bonus_that_comes_to_more_than_its_cap_is_published_with_the_cap(rule, answers, points, year):
    year.item("M1")[8] = rule
    year.parameters["加分上限"] = 5
    for row in [row for row in year.scores if row[1] == "M1" and row[0] == "001"]:
        year.set_score(*row[:3], judge=row[3], answers=answers)

    scheme = run_year(year.write().scheme, year.folder).scheme

    assert (scheme.phase, violations(scheme)) == (Phase.PUBLISHED, [])
    assert Result.objects.get(school_code="001").figures["items"]["M1"] == points


def test_a_score_beyond_what_its_rule_can_give_is_told(year):
    scheme = run(year).scheme
    Score.objects.filter(item__code="M1", assessment__school__code="001", stage="county").update(points=6)

    assert "评分在分值以内：东溪镇委党校 M1 得分超过计分规则的上限" in violations(scheme)


def test_wrong_rows_of_all_workbooks_are_reported_together(year):
    year.set_score("001", "K9", "初评", points=20)
    year.metrics[0] = ("001", "主教室座位", "一百")
    year.cases.append(("008", "Y1", "x"))

    found = problems(year)

    assert {problem.split("「")[0] for problem in found} == {
        "scores.xlsx",
        "metrics.xlsx",
        "restrictions.xlsx",
    }


def test_decisions_name_their_meeting(year):
    """One school otherwise, one as computed without a word, the rest by the meeting of all."""
    for row in (("001", "四星", "教学不实", *HELD, 7, 1, 1), ("002", "五星"), ("全部", "", "", *HELD)):
        decided(*row)(year)

    scheme = run(year).scheme

    found = Decision.objects.order_by("assessment__school__code").select_related("meeting")
    assert [(one.star, one.reason, one.votes_for, one.meeting and one.meeting.number) for one in found] == [
        (4, "教学不实", 7, "测评纪〔2025〕3号"),
        (5, "", None, None),
        (5, "", None, "测评纪〔2025〕3号"),
    ]
    assert Meeting.objects.count() == 1 and violations(scheme) == []
    run(year, replace=True)


def test_same_year_again_is_refused_without_replace(year):
    run(year)

    assert any("--replace" in problem for problem in problems(year))


def test_replace_takes_the_place_of_the_imported_year(year):
    run(year)
    year.metrics[0] = ("001", "主教室座位", 60)

    run(year, replace=True)

    assert Scheme.objects.count() == 1
    assert Result.objects.get(school_code="001").figures["items"]["K1"] == "20.00"


def test_year_made_in_the_application_is_never_replaced(year):
    scheme = run(year).scheme
    Scheme.objects.filter(pk=scheme.pk).update(imported=False)

    assert any("不能用工作簿替换" in problem for problem in problems(year, replace=True))


def test_imported_figures_stay_with_the_schools(year):
    run(year)

    school = School.objects.get(code="001")

    assert dict(school.metric_values.values_list("reference", "value"))["主教室座位"] == 120


def test_order_of_rows_changes_nothing(year):
    before = stars(year)
    totals = dict(Result.objects.values_list("school_code", "total"))
    year.scores.reverse()
    year.metrics.reverse()
    run(year, replace=True)

    assert before == dict(Result.objects.values_list("school_code", "star"))
    assert totals == dict(Result.objects.values_list("school_code", "total"))


def test_judges_are_stored_once_and_scores_point_at_them(year):
    scheme = run(year).scheme

    assert list(scheme.judges.values_list("label", flat=True)) == sorted(["评委甲", "评委乙", "评委丙"])
    assert Score.objects.filter(stage="city", judge__isnull=True).count() == 0


def test_command_prints_every_problem_and_fails(year, tmp_path):
    year.set_score("001", "K9", "初评", points=20)
    year.write()

    with pytest.raises(CommandError, match="没有导入任何内容"):
        call_command("run_year", scheme=year.scheme, input=year.folder, out=tmp_path / "out", verbosity=0)
    assert not (tmp_path / "out").exists()


def test_command_gives_any_refusal_its_own_reason_alone(year, tmp_path, monkeypatch):
    def refuse(*args, **kwargs):
        raise Refused("方案代码重复。")

    monkeypatch.setattr("ratings.offline.running.freeze", refuse)
    year.write()

    with pytest.raises(CommandError) as caught:
        call_command("run_year", scheme=year.scheme, input=year.folder, out=tmp_path / "out", verbosity=0)

    assert str(caught.value) == "没有导入任何内容：\n方案代码重复。"


def test_arguments_of_a_metric_may_stand_in_any_order(year):
    year.item("K1")[8] = "档(办班期数[人次≥15, 学时≥2]: ≥10→30; 其他→0)"
    year.restrictions.pop()
    year.metrics = [row for row in year.metrics if row[1] == "月报逾期"]
    year.metrics += [(code, "办班期数[学时≥2, 人次≥15]", 10) for code in ("001", "002", "003")]
    run(year)

    assert Result.objects.get(school_code="001").figures["items"]["K1"] == "30.00"


def test_every_table_of_a_year_is_cleared_before_a_replacement():
    assert {model for model, _ in ROWS} == set(apps.get_app_config("ratings").get_models()) - {
        Scheme,
        Panel.judges.through,
    }

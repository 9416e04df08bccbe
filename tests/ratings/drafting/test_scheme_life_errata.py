"""A correction of opened criteria: prepared, signed, and what becomes of every answer."""

import pytest
from django.urls import reverse

from ratings.criteria.storing import read_scheme
from ratings.criteria.versions import current_spec, current_version
from ratings.drafting.errata import (
    change_row,
    prepare,
    send_for_signature,
    sign,
    take_back,
    withdraw,
    write_reason,
)
from ratings.drafting.errata.forms import ErratumRowForm
from ratings.enums import Stage
from ratings.models import Assessment, Erratum, JudgeSheet, Result, Score
from ratings.sheets.evaluation import evaluate
from ratings.workflow import allowed_steps, missing_in, returned_items, take_step
from schools.audit import verify
from schools.models import AuditEntry, Notice
from schools.saving import Refused
from tests.cast import PASSWORD
from tests.html_forms import press
from tests.rating_factories import open_year, published_year, settled_year
from tests.ratings.opened_year import answer_everything

pytestmark = [pytest.mark.engine, pytest.mark.django_db]


def text(response) -> str:
    return response.content.decode()


@pytest.fixture
def chair(appoint):
    return appoint("chair")


@pytest.fixture
def correct(office, chair):
    """Signs a correction of one row: `correct(scheme, "item", "K2", rule_text=…)`."""

    def make(scheme, section, code, **values) -> Erratum:
        erratum = prepared(scheme, office, section, code, **values)
        send_for_signature(erratum, by=office)
        sign(erratum, by=chair)
        scheme.refresh_from_db()
        return erratum

    return make


def prepared(scheme, office, section, code, **values) -> Erratum:
    erratum = prepare(scheme, by=office)
    change_row(erratum, section, code, values, by=office, revision=erratum.revision)
    write_reason(
        erratum, reason="标准印错", basis="市评委会纪要第3号", by=office, revision=erratum.revision + 1
    )
    erratum.refresh_from_db()
    return erratum


def assess(scheme) -> None:
    """Every school assessed itself, within what every rule of these tests allows."""
    for assessment in scheme.assessments.all():
        for item in scheme.items.filter(code__in=["L1", "M1"]):
            Score.objects.create(
                assessment=assessment, item=item, stage=Stage.SELF, answers={"答": {"得分": "12"}}
            )


def self_rows(assessment):
    return {
        row.item.code: row.answers
        for row in assessment.scores.filter(stage=Stage.SELF).select_related("item")
    }


class TestPreparing:
    def test_a_condition_that_its_one_spelling_makes_too_long_is_refused(self, scheme):
        row = current_spec(scheme).bands[0]
        typed = "且".join(["总分≥91.2512"] * 25 + ["基础分≥80"])
        assert len(typed) < 300

        form = ErratumRowForm(
            {"revision": "0", "condition_text": typed},
            erratum=Erratum(),
            key="band",
            code=str(row.star),
            row=row,
        )

        assert form.errors["condition_text"][0].endswith("最多 300 字，请写短一些。")

    def test_nothing_of_the_scheme_changes_before_the_signature(self, scheme, office):
        before = current_version(scheme).digest
        erratum = prepared(scheme, office, "item", "K1", name="主课堂")
        send_for_signature(erratum, by=office)

        assert current_version(scheme).digest == before
        assert scheme.items.get(code="K1").name == "主教室"

    def test_one_correction_at_a_time(self, scheme, office):
        assert prepare(scheme, by=office) == prepare(scheme, by=office)

    def test_a_field_put_back_leaves_the_edits(self, scheme, office):
        erratum = prepared(scheme, office, "item", "K1", points="25")
        change_row(erratum, "item", "K1", {"points": "30.00"}, by=office, revision=erratum.revision)

        erratum.refresh_from_db()
        assert erratum.edits == {}

    def test_two_people_at_once_lose_nothing(self, scheme, office):
        erratum = prepared(scheme, office, "item", "K1", standard="甲")

        with pytest.raises(Refused, match="别人刚修改过"):
            change_row(erratum, "item", "K1", {"standard": "乙"}, by=office, revision=0)

    def test_what_a_colleague_saved_stands_beside_what_was_typed_and_the_next_press_saves(
        self, scheme, office, signed_client
    ):
        erratum = prepared(scheme, office, "item", "K1", name="主课堂")
        client, address = (
            signed_client(office),
            reverse("ratings:erratum_row", args=[erratum.pk, "item", "K1"]),
        )
        opened = client.get(address).context["form"].initial
        change_row(erratum, "item", "K1", {"standard": "同事写的标准"}, by=office, revision=erratum.revision)
        typed = opened | {"standard": "我写的标准"}

        refused = client.post(address, typed)
        saved = client.post(address, typed | {"revision": refused.context["form"]["revision"].value()})

        assert "别人刚修改过这里，您的内容还没有保存" in text(refused)
        assert "同事写的标准" in text(refused) and "我写的标准" in text(refused)
        erratum.refresh_from_db()
        assert saved.status_code == 302
        assert erratum.edits["item"]["K1"]["standard"] == "我写的标准"

    def test_a_reason_that_a_colleague_wrote_meanwhile_stands_beside_what_was_typed(
        self, scheme, office, signed_client
    ):
        erratum = prepared(scheme, office, "item", "K1", name="主课堂")
        client, address = signed_client(office), reverse("ratings:erratum", args=[erratum.pk])
        opened = client.get(address).context["form"].initial
        write_reason(erratum, reason="同事写的理由", basis="纪要", by=office, revision=erratum.revision)
        typed = opened | {"reason": "我写的理由"}

        refused = client.post(address, typed)
        erratum.refresh_from_db()
        kept = erratum.reason
        saved = client.post(address, typed | {"revision": refused.context["form"]["revision"].value()})
        erratum.refresh_from_db()

        assert "别人刚修改过这里，您的内容还没有保存" in text(refused)
        assert "同事写的理由" in text(refused) and "我写的理由" in text(refused)
        assert (kept, erratum.reason) == ("同事写的理由", "我写的理由")
        assert saved.status_code == 302

    def test_a_reason_typed_while_a_colleague_sent_it_for_signature_is_shown(
        self, scheme, office, signed_client
    ):
        erratum = prepared(scheme, office, "item", "K1", name="主课堂")
        client, address = signed_client(office), reverse("ratings:erratum", args=[erratum.pk])
        opened = client.get(address).context["form"].initial
        send_for_signature(erratum, by=office)

        refused = text(client.post(address, opened | {"reason": "我写的理由"}))

        assert "待签发，不能再修改" in refused
        assert "我写的理由" in refused

    def test_it_is_not_sent_while_the_corrected_criteria_do_not_hold(self, scheme, office):
        erratum = prepared(scheme, office, "item", "K1", points="25")
        with pytest.raises(Refused, match="合计 95"):
            send_for_signature(
                prepared(
                    scheme, office, "item", "K1", points="25", rule_text="档(主教室座位: ≥100→25; 其他→0)"
                ),
                by=office,
            )

        assert Erratum.objects.get() == erratum

    def test_whoever_prepared_it_cannot_sign_it(self, scheme, office, appoint, chair):
        erratum = prepared(scheme, office, "item", "K1", standard="有固定的专用教室")
        send_for_signature(erratum, by=office)
        appoint("chair", user=office)

        with pytest.raises(Refused, match="不能自己签发"):
            sign(erratum, by=office)

    def test_it_can_be_given_back_and_withdrawn(self, scheme, office, chair):
        erratum = prepared(scheme, office, "item", "K1", standard="甲")
        send_for_signature(erratum, by=office)
        with pytest.raises(Refused):
            change_row(erratum, "item", "K1", {"standard": "乙"}, by=office, revision=erratum.revision)
        take_back(erratum, by=chair)
        withdraw(erratum, by=office)

        with pytest.raises(Refused, match="已撤销"):
            sign(erratum, by=chair)
        assert prepare(scheme, by=office) != erratum

    @pytest.mark.parametrize("phase", ["drafting", "published"])
    def test_a_draft_and_a_published_year_are_not_corrected(self, city, school, office, phase):
        scheme = published_year(city, [school])
        if phase == "drafting":
            type(scheme).objects.filter(pk=scheme.pk).update(phase="drafting", published_at=None)

        with pytest.raises(Refused):
            prepare(scheme, by=office)

    def test_a_year_published_meanwhile_is_not_signed(self, city, school, office, chair):
        scheme = settled_year(city, [school])
        erratum = prepared(scheme, office, "item", "K1", standard="甲")
        send_for_signature(erratum, by=office)
        type(scheme).objects.filter(pk=scheme.pk).update(phase="published", published_at=erratum.prepared_at)

        with pytest.raises(Refused, match="已经通报"):
            sign(erratum, by=chair)
        assert scheme.versions.count() == 1


class TestSigning:
    def test_a_new_version_is_frozen_and_the_rows_say_the_same(self, scheme, correct, office, chair, city):
        erratum = correct(scheme, "item", "K1", standard="有固定的专用教室", name="主课堂")

        version = current_version(scheme)
        assert (version.number, version.reason, version.by, erratum.version) == (
            2,
            "更正：标准印错",
            chair,
            version,
        )
        assert read_scheme(scheme) == current_spec(scheme)
        assert current_spec(scheme).bound["K1"].item.name == "主课堂"
        detail = AuditEntry.objects.filter(action="erratum").latest("number").detail
        assert "标准印错" in detail and version.digest in detail and str(office) in detail
        assert erratum.affected == [] and verify(city) == []

    def test_wording_alone_keeps_every_answer(self, scheme, assessment, correct):
        answer_everything(assessment)
        before = self_rows(assessment)

        correct(scheme, "item", "K2", standard="音响桌椅完好")

        assert self_rows(assessment) == before

    def test_answers_that_still_fit_stay_and_count_anew(self, scheme, assessment, correct):
        answer_everything(assessment)

        erratum = correct(scheme, "item", "K2", rule_text="清单(音响=12; 桌椅=18)")

        assert self_rows(assessment)["K2"] == {"答": {"音响": True, "桌椅": True}}
        assert erratum.affected == []  # 30 before, 30 after

    def test_answers_that_fit_no_longer_are_named_and_asked_again(
        self, scheme, assessment, correct, filler, head
    ):
        answer_everything(assessment)
        take_step(assessment, "send_to_head", by=filler)

        erratum = correct(
            scheme, "item", "L3", rule_text="评(质量: 优=5; 良=3; 差=0) + 档(问 调研次数: ≥2→5; ≥1→3; 其他→0)"
        )

        assessment.refresh_from_db()
        assert self_rows(assessment)["L3"] == {"答": {"调研次数": "2"}}
        assert assessment.status == "draft"
        (school,) = erratum.affected
        assert school["gone"] == ["自评 L3 原作答“质量=A”不再适用"] and school["sent"] == "请重新填写 L3。"
        assert school["items"] == [["L3", "10.00", "—"]]
        told = {
            notice.user: notice.text
            for notice in Notice.objects.filter(key__startswith=f"erratum-{erratum.pk}-")
        }
        assert "请重新填写 L3" in told[filler] and head in told

    def test_a_school_that_handed_in_gets_exactly_these_items_back(
        self, scheme, assessment, correct, filler, head
    ):
        answer_everything(assessment)
        take_step(assessment, "submit", by=head)
        assert assessment.status == "county"

        correct(scheme, "item", "K2", rule_text="清单(音响=10; 桌椅=10; 屏幕=10)")

        assessment.refresh_from_db()
        items = scheme.items.filter(pk__in=returned_items(assessment))
        assert (assessment.status, assessment.returned_to, [item.code for item in items]) == (
            "returned",
            "county",
            ["K2"],
        )
        assert self_rows(assessment)["K2"] == {"答": {"音响": True, "桌椅": True}}
        assert "resubmit" in {step.code for step in allowed_steps(head, assessment)}
        row = assessment.scores.get(item__code="K2", stage=Stage.SELF)
        Score.objects.filter(pk=row.pk).update(answers={"答": {"音响": True, "桌椅": True, "屏幕": False}})
        take_step(assessment, "resubmit", by=head)
        assert assessment.status == "county"

    def test_an_item_asked_for_the_first_time_gets_its_row(self, scheme, assessment, correct, head):
        answer_everything(assessment)
        take_step(assessment, "submit", by=head)

        correct(scheme, "item", "K1", rule_text="清单(有教室=10) + 档(主教室座位: ≥100→20; 其他→0)")

        assessment.refresh_from_db()
        assert self_rows(assessment)["K1"] is None and assessment.status == "returned"

    def test_an_item_no_longer_asked_loses_its_row_by_name(self, scheme, assessment, correct):
        answer_everything(assessment)

        erratum = correct(scheme, "item", "K2", rule_text="档(主教室座位: ≥100→30; 其他→0)")

        assert "K2" not in self_rows(assessment)
        assert erratum.affected[0]["gone"] == ["自评 K2 原作答“音响；桌椅”不再适用"]
        assert list(missing_in(assessment, current_spec(scheme), Stage.SELF)) == []

    def test_figures_read_for_the_first_time_are_taken_into_the_snapshot(
        self, scheme, assessment, correct, head
    ):
        answer_everything(assessment)
        take_step(assessment, "submit", by=head)
        before = assessment.snapshots.get().values

        correct(scheme, "item", "K1", rule_text="档(办班期数: ≥10→30; 其他→0)")

        after = assessment.snapshots.get().values
        assert after.items() >= before.items() and "办班期数" in after


class TestJudgedYears:
    @pytest.fixture
    def under_review(self, city, school, office):
        scheme = open_year(city, [school])
        assess(scheme)
        JudgeSheet.objects.create(
            assessment=scheme.assessments.get(),
            judge=Score.objects.filter(judge__isnull=False).first().judge,
            submitted_by=office,
            submitted_at=scheme.versions.get().at,
        )
        return scheme

    def test_points_that_a_judge_gave_and_the_rule_no_longer_allows(self, under_review, correct):
        """29 of 30 was given; after the correction 听课 counts 0—20 in the rule and the sheet is
        open again.
        """
        erratum = correct(under_review, "item", "L1", rule_text="分(0—20) + 档(办班期数: ≥9→10; 其他→0)")

        sheet = JudgeSheet.objects.get()
        assert sheet.submitted_at is None
        assert "评审（评委暗号丁零） L1 原作答“得分=29”不再适用" in erratum.affected[0]["gone"]
        assert "评分表退回评委补评" in erratum.affected[0]["sent"]
        assert (
            Score.objects.get(item__code="L1", stage=Stage.CITY).answers is None
            and Score.objects.get(item__code="M1", stage=Stage.CITY).answers is not None
        )

    def test_another_rule_of_a_computed_item_is_recomputed(self, under_review, correct, school):
        assessment = under_review.assessments.get()
        assessment.adjustments.all().delete()
        before = evaluate(under_review).outcomes[str(assessment.pk)].totals.total

        erratum = correct(under_review, "item", "K1", rule_text="档(办班期数: ≥9→40; ≥5→30; 其他→0)")

        after = evaluate(under_review).outcomes[str(assessment.pk)].totals.total
        assert after - before == 10
        (one,) = erratum.affected
        assert (one["school"], one["items"], one["gone"]) == (school.name, [["K1", "30.00", "40.00"]], [])
        assert JudgeSheet.objects.get().submitted_at is not None

    def test_an_adjustment_on_other_figures_is_named_and_taken_out(self, under_review, correct):
        erratum = correct(under_review, "item", "K1", rule_text="档(主教室座位: ≥1→40; 其他→0)")

        assert not under_review.assessments.get().adjustments.exists()
        assert any("核定 38.00 分" in line for line in erratum.affected[0]["gone"])

    def test_a_settled_year_goes_back_and_its_decisions_are_asked_anew_where_the_star_changed(
        self, city, school, correct
    ):
        scheme = settled_year(city, [school])
        assert Result.objects.get(scheme=scheme).star == 5

        erratum = correct(scheme, "band", "5", condition_text="总分≥99")

        assert scheme.phase == "scoring" and not Result.objects.filter(scheme=scheme).exists()
        assert erratum.affected[0]["star"] == ["五星", "四星"]
        assert Assessment.objects.get(scheme=scheme).status == "settled"


class TestPages:
    def test_from_the_draft_to_the_signature(self, scheme, assessment, office, chair, signed_client, appoint):
        client = signed_client(office)
        erratum_page = client.post(reverse("ratings:scheme_errata", args=[scheme.pk]), follow=True)
        erratum = Erratum.objects.get()
        assert erratum_page.request["PATH_INFO"] == reverse("ratings:erratum", args=[erratum.pk])
        assert (
            client.get(reverse("ratings:erratum", args=[erratum.pk]), {"row": "item:K1/没有"}).status_code
            == 200
        )
        row = client.get(reverse("ratings:erratum", args=[erratum.pk]), {"row": "item:K1"}, follow=True)
        posted = {
            name: field.initial if field.initial is not None else row.context["form"].initial[name]
            for name, field in row.context["form"].fields.items()
        }
        wrong = client.post(row.request["PATH_INFO"], {**posted, "rule_text": "档(主教室座位: ≥100→→30)"})
        assert wrong.status_code == 200 and "≥100→→30" in text(wrong) and "填写有误" in text(wrong)
        client.post(row.request["PATH_INFO"], {**posted, "standard": "有固定的专用教室"})
        client.post(
            reverse("ratings:erratum", args=[erratum.pk]),
            {"reason": "印错", "basis": "纪要", "revision": erratum.revision + 1},
        )
        client.post(reverse("ratings:erratum_act", args=[erratum.pk, "send"]))
        assert (
            signed_client(appoint("filler")).get(reverse("ratings:erratum", args=[erratum.pk])).status_code
            == 404
        )

        client, address = signed_client(chair), reverse("ratings:erratum_sign", args=[erratum.pk])
        assert "密码不正确" in text(client.post(address, {"password": "Cuowu-2026"}))
        before = client.get(address).context["seen"]
        Erratum.objects.filter(pk=erratum.pk).update(basis="另一份纪要")
        unseen = text(client.post(address, {"password": PASSWORD, "seen": before}))
        assert "更正内容有变化，没有办理" in unseen and "另一份纪要" in unseen
        done = press(client, address, {"password": PASSWORD}, follow=True)

        assert "第 2 版" in text(done)
        page = text(client.get(reverse("ratings:scheme", args=[scheme.pk])))
        assert "第 2 版" in page and "印错" in page

    def test_a_school_reads_what_was_corrected_and_its_own_answers_only(
        self, city, school, correct, appoint, signed_client, office
    ):
        scheme = open_year(city, [school])
        assess(scheme)
        erratum = correct(scheme, "item", "L1", rule_text="分(0—20) + 档(办班期数: ≥9→10; 其他→0)")

        page = text(signed_client(appoint("filler")).get(reverse("ratings:erratum", args=[erratum.pk])))

        assert "标准印错" in page and '<ins class="came">20' in page
        assert "评委暗号丁零" not in page and "88.00" not in page and "得分=29" not in page

    @pytest.mark.parametrize(
        "where", [("item", "X9"), ("band", "1"), ("items", "K1"), ("restriction", "x/y")]
    )
    def test_rows_that_are_not_there(self, scheme, office, signed_client, where):
        erratum = prepare(scheme, by=office)

        assert signed_client(office).get(f"/errata/{erratum.pk}/{where[0]}/{where[1]}/").status_code == 404

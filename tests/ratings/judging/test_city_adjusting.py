"""评审核定: the office and the panel's leader replace a system part for the whole panel; nobody else does."""

from decimal import Decimal

import pytest
from django.urls import reverse

from ratings.enums import Phase
from ratings.judging.adjusting import adjust
from ratings.judging.panels import choose_leader
from ratings.judging.sheets import submit_sheet
from ratings.models import Adjustment, JudgeSheet
from ratings.sheets.evaluation import evaluate
from schools.models import AuditEntry, Role
from schools.saving import Refused
from tests.html_forms import press
from tests.ratings.judged_year import signed

pytestmark = [pytest.mark.engine, pytest.mark.django_db]


@pytest.fixture
def leader(judged):
    """The first judge, as leader of the panel."""
    choose_leader(judged.panel, judged.panel.judges.first(), by=judged.office)
    return judged.judges[0]


def test_the_offices_adjustment_counts_for_every_sheet(judged):
    for judge in judged.judges:
        judged.score(judge)
    address = reverse("ratings:city_adjust", args=[judged.assessment.pk, "K1"])

    response = press(signed(judged.office), address, {"points": "20", "reason": "座位数与实地不符"})

    found = Adjustment.objects.get()
    assert response.url == reverse("ratings:city_adjustments", args=[judged.assessment.pk])
    assert (found.stage, found.points, found.metric_values) == ("city", Decimal("20"), {"主教室座位": "120"})
    outcome = evaluate(judged.scheme).outcomes[str(judged.assessment.pk)]
    assert outcome.items["K1"].city == 20
    page = (
        signed(judged.judges[1])
        .get(reverse("ratings:judging_school", args=[judged.assessment.pk]))
        .content.decode()
    )
    assert "20.00" in page
    assert AuditEntry.objects.filter(action="adjust").count() == 1


def test_the_leader_adjusts_until_the_panel_is_closed(judged, leader):
    adjust(judged.assessment, "K1", points=Decimal(20), reason="座位数与实地不符", by=leader)
    for assessment in judged.assessments:
        for judge in judged.judges:
            judged.score(judge, assessment=assessment)
            submit_sheet(judged.sheet(judge, assessment), by=judge)

    with pytest.raises(Refused, match="本组评分表已全部提交"):
        adjust(judged.assessment, "K1", points=Decimal(10), reason="再改", by=leader)
    assert JudgeSheet.objects.filter(submitted_at__isnull=True).count() == 0
    assert adjust(judged.assessment, "K1", points=Decimal(10), reason="复核", by=judged.office).points == 10

    judged.scheme.phase = Phase.SETTLED
    judged.scheme.save(update_fields=["phase"])
    with pytest.raises(Refused, match="不在评审中，不能核定"):
        adjust(judged.assessment, "K1", points=Decimal(20), reason="再核", by=judged.office)


@pytest.mark.parametrize(
    ("points", "reason", "sentence"),
    [("31", "不符", "最多 30"), ("20", " ", "填写有误"), ("-1", "不符", "不能小于")],
)
def test_a_wrong_adjustment_is_refused_and_kept_on_the_screen(points, reason, sentence, judged):
    address = reverse("ratings:city_adjust", args=[judged.assessment.pk, "K1"])

    page = press(signed(judged.office), address, {"points": points, "reason": reason}).content.decode()

    assert sentence in page and f'value="{points}"' in page
    assert not Adjustment.objects.exists()


def test_an_adjustment_is_withdrawn(judged):
    adjust(judged.assessment, "K1", points=Decimal(20), reason="不符", by=judged.office)

    press(
        signed(judged.office),
        reverse("ratings:city_adjust", args=[judged.assessment.pk, "K1"]),
        {"withdraw": "1"},
    )

    assert not Adjustment.objects.exists()
    assert AuditEntry.objects.filter(action="adjust").count() == 2


@pytest.mark.parametrize("role", [role.value for role in Role if role != Role.OFFICE])
def test_nobody_else_adjusts(role, judged, appoint):
    user = judged.judges[1] if role == "judge" else appoint(role)
    client = signed(user)

    assert client.get(reverse("ratings:city_adjustments", args=[judged.assessment.pk])).status_code == 404
    posted = client.post(
        reverse("ratings:city_adjust", args=[judged.assessment.pk, "K1"]), {"points": "1", "reason": "想改"}
    )
    assert posted.status_code == 404
    with pytest.raises(Refused, match="由市评委会办公室或评审组组长办理"):
        adjust(judged.assessment, "K1", points=Decimal(1), reason="想改", by=user)
    assert not Adjustment.objects.exists()


def test_an_item_without_a_system_part_is_not_adjusted(judged):
    assert (
        signed(judged.office)
        .get(reverse("ratings:city_adjust", args=[judged.assessment.pk, "L1"]))
        .status_code
        == 404
    )
    with pytest.raises(Refused, match="没有系统取数部分"):
        adjust(judged.assessment, "L1", points=Decimal(1), reason="想改", by=judged.office)


def test_schools_and_counties_do_not_read_the_reason(judged, appoint):
    adjust(judged.assessment, "K1", points=Decimal(20), reason="核定暗号辛", by=judged.office)
    school = reverse("schools:school", args=[judged.assessment.school_id])

    for role, pages in {
        "head": [school, reverse("ratings:assessment", args=[judged.assessment.pk])],
        "county": [school],
    }.items():
        client = signed(appoint(role))
        assert all("核定暗号辛" not in client.get(page).content.decode() for page in pages)

"""Two persons open a scheme: what is checked, who may, and what voids a proposal."""

import datetime as dt

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from ratings.criteria.years import copy_scheme, write_notes
from ratings.models import OpeningProposal, Scheme
from ratings.workflow.opening import (
    acknowledge,
    checks_of,
    confirm,
    deadline_hints,
    deadline_problems,
    is_void,
    propose,
    standing_proposal,
    withdraw_proposal,
)
from schools.audit import verify
from schools.models import AuditEntry, Notice, User
from schools.saving import Refused
from tests.rating_factories import follows_on, published_year

pytestmark = pytest.mark.django_db
WORDS = "确认启动"


def text(response) -> str:
    return response.content.decode()


@pytest.fixture
def office(appoint):
    return appoint("office")


@pytest.fixture
def chair(appoint):
    return appoint("chair")


@pytest.fixture
def days() -> dict[str, dt.date]:
    """Two deadlines still to come."""
    today = timezone.localdate()
    return {"self_due": today + dt.timedelta(days=30), "city_due": today + dt.timedelta(days=60)}


@pytest.fixture
def draft(city, school, office) -> Scheme:
    year = timezone.localdate().year
    return follows_on(copy_scheme(published_year(city, [school], year=year - 1), year=year, by=office))


@pytest.fixture
def proposal(draft, office, chair, days) -> OpeningProposal:
    return propose(draft, by=office, deadlines=days)


class TestDeadlines:
    def problems(self, scheme, **days):
        for column, day in days.items():
            setattr(scheme, column, day)
        return [text for _, text in deadline_problems(scheme, today=dt.date(2026, 3, 2))]

    def test_days_follow_one_another_and_lie_ahead(self, draft):
        draft.has_county_stage = True

        assert (
            self.problems(
                draft,
                self_due=dt.date(2026, 10, 30),
                county_due=dt.date(2026, 10, 30),
                city_due=dt.date(2026, 12, 1),
            )
            == []
        )
        assert self.problems(
            draft, self_due=dt.date(2026, 3, 2), county_due=dt.date(2026, 2, 1), city_due=None
        ) == [
            "自评截止日（2026年3月2日）须在今天之后。",
            "初评截止日（2026年2月1日）须在今天之后。",
            "初评截止日（2026年2月1日）不能早于自评截止日（2026年3月2日）。",
            "请填写评审截止日。",
        ]

    def test_a_city_without_counties_has_no_county_deadline(self, draft):
        assert (
            self.problems(
                draft, self_due=dt.date(2026, 10, 30), city_due=dt.date(2026, 12, 1), county_due=None
            )
            == []
        )

    def test_a_rest_day_is_told_with_the_day_that_counts(self, draft):
        draft.self_due, draft.city_due = dt.date(2026, 11, 28), dt.date(2026, 12, 1)  # a Saturday

        assert "自评截止日（2026年11月28日）不是工作日，实际顺延到 2026年11月30日。" in deadline_hints(draft)

    def test_a_day_of_a_year_that_is_not_entered_is_told_once(self, draft, monkeypatch):
        monkeypatch.setattr("schools.calendar.checking.calendar_known", lambda year: year != 2027)
        draft.self_due, draft.county_due, draft.city_due = (
            dt.date(2026, 12, 1),
            dt.date(2027, 1, 5),
            dt.date(2027, 1, 12),
        )

        told = [hint for hint in deadline_hints(draft) if "节假日安排" in hint]

        assert [hint.partition("，")[0] for hint in told] == ["2027年的节假日安排还没有录入"]


class TestProposing:
    def test_keeps_the_days_tells_colleagues_and_enters_the_chain(self, proposal, draft, office, chair, days):
        draft.refresh_from_db()

        assert (draft.self_due, draft.city_due) == (days["self_due"], days["city_due"])
        assert [(notice.user, notice.key) for notice in Notice.objects.all()] == [
            (chair, f"opening-{proposal.pk}")
        ]
        assert "提议启动" in AuditEntry.objects.filter(action="scheme").latest("number").detail
        assert draft.phase == "drafting"

    def test_is_refused_while_an_error_or_an_open_warning_stands(self, draft, office, days):
        Scheme.objects.filter(pk=draft.pk).update(bonus_cap=3)
        draft.items.filter(code="K1").update(points=35)

        with pytest.raises(Refused) as refused:
            propose(draft, by=office, deadlines={**days, "self_due": timezone.localdate()})

        assert [reason[:4] for reason in refused.value.reasons[:2]] == ["2 处错", "1 条提"]
        assert "须在今天之后" in refused.value.reasons[2]
        draft.refresh_from_db()
        assert not OpeningProposal.objects.exists() and draft.self_due != timezone.localdate()

    def test_a_second_proposal_waits_for_the_first(self, proposal, draft, days):
        with pytest.raises(Refused, match="已提议启动"):
            propose(draft, by=proposal.proposed_by, deadlines=days)

    def test_a_void_proposal_gives_way(self, proposal, draft, office, days):
        draft.items.filter(code="K1").update(standard="改过的标准")

        again = propose(draft, by=office, deadlines=days)

        proposal.refresh_from_db()
        assert proposal.withdrawn_by == office and standing_proposal(draft) == again


class TestConfirming:
    def test_opens_for_every_school_with_both_persons_in_the_chain(
        self, proposal, draft, school, chair, office, appoint, city
    ):
        filler, left = appoint("filler"), appoint("head")
        User.objects.filter(pk=left.pk).update(is_active=False)

        confirm(draft, proposal.pk, by=chair)

        entry = AuditEntry.objects.get(action="open")
        assert (draft.phase, entry.user) == ("open", chair) and f'"提议人":"{office}"' in entry.detail
        assert draft.assessments.get().school == school and draft.versions.get().by == chair
        assert Notice.objects.get(key=f"opened-{draft.pk}").user == filler
        gone = "审计记录被整段删除过"  # what the fixtures made of earlier years left no trail
        assert [fault for fault in verify(city) if gone not in fault] == []

    def test_the_proposer_cannot_confirm_even_as_chair(self, proposal, draft, office, appoint):
        appoint("chair", user=office)

        with pytest.raises(Refused, match="不能自己确认"):
            confirm(draft, proposal.pk, by=office)

        with pytest.raises(IntegrityError), transaction.atomic():
            OpeningProposal.objects.filter(pk=proposal.pk).update(
                confirmed_by=office, confirmed_at=timezone.now()
            )

    @pytest.mark.parametrize("edit", ["item", "band", "restriction", "parameter", "deadline", "note"])
    def test_any_edit_in_between_voids_the_proposal(self, proposal, draft, chair, office, edit, days):
        match edit:
            case "item":
                draft.items.filter(code="L1").update(name="听课评课")
            case "band":
                draft.bands.filter(star=5).update(condition="总分≥95")
            case "restriction":
                draft.restrictions.update(basis="另一份材料")
            case "parameter":
                Scheme.objects.filter(pk=draft.pk).update(return_limit=3)
            case "deadline":
                Scheme.objects.filter(pk=draft.pk).update(city_due=days["city_due"] + dt.timedelta(days=1))
            case "note":
                write_notes(draft, {"item:K1": "重点"}, by=office)
        draft.refresh_from_db()

        assert is_void(proposal, draft)
        with pytest.raises(Refused, match="已失效"):
            confirm(draft, proposal.pk, by=chair)
        assert Scheme.objects.get(pk=draft.pk).phase == "drafting"

    def test_a_withdrawn_proposal_cannot_be_confirmed(self, proposal, draft, office, chair):
        withdraw_proposal(draft, by=office)

        with pytest.raises(Refused, match="已撤回"):
            confirm(draft, proposal.pk, by=chair)
        with pytest.raises(Refused):
            withdraw_proposal(draft, by=office)

    def test_acknowledged_warnings_let_it_pass(self, draft, office, chair, days):
        Scheme.objects.filter(pk=draft.pk).update(bonus_cap=3)
        acknowledge(draft, seen=checks_of(Scheme.objects.get(pk=draft.pk)).digest, by=office)

        confirm(draft, propose(draft, by=office, deadlines=days).pk, by=chair)

        assert draft.phase == "open"


class TestPages:
    def test_from_proposal_to_opening(self, draft, office, chair, days, signed_client):
        address = reverse("ratings:scheme_opening", args=[draft.pk])
        proposed = signed_client(office).post(
            address, {name: day.isoformat() for name, day in days.items()}, follow=True
        )
        assert (
            "等待确认" in text(proposed) and "撤回提议" in text(proposed) and "去确认" not in text(proposed)
        )

        client, target = signed_client(chair), reverse("ratings:scheme_opening_confirm", args=[draft.pk])
        assert "去确认" in text(client.get(address))
        page = client.get(target)
        wrong = client.post(target, {"proposal": page.context["proposal"].pk, "words": "同意"})
        assert "没有启动" in text(wrong)
        done = client.post(target, {"proposal": page.context["proposal"].pk, "words": WORDS}, follow=True)

        draft.refresh_from_db()
        assert draft.phase == "open" and "1 所党校可以自评" in text(done)
        assert "office某" in text(client.get(address))

    def test_a_date_that_does_not_fit_keeps_what_was_typed(self, draft, office, days, signed_client):
        address = reverse("ratings:scheme_opening", args=[draft.pk])
        posted = {"self_due": days["city_due"].isoformat(), "city_due": days["self_due"].isoformat()}

        response = signed_client(office).post(address, posted)

        assert "不能早于自评截止日" in text(response) and f'value="{posted["self_due"]}"' in text(response)

    def test_the_chair_confirms_but_does_not_propose(self, draft, chair, days, signed_client):
        posted = {name: day.isoformat() for name, day in days.items()}

        assert (
            signed_client(chair).post(reverse("ratings:scheme_opening", args=[draft.pk]), posted).status_code
            == 403
        )
        assert not OpeningProposal.objects.exists()

    def test_the_second_person_may_send_it_back(self, proposal, draft, chair, signed_client):
        page = signed_client(chair).post(
            reverse("ratings:scheme_opening_withdraw", args=[draft.pk]), follow=True
        )

        assert "可以继续修改" in text(page) and standing_proposal(draft) is None

    def test_words_for_a_proposal_withdrawn_meanwhile_are_refused_and_kept(
        self, proposal, draft, office, chair, signed_client
    ):
        withdraw_proposal(draft, by=office)

        answer = signed_client(chair).post(
            reverse("ratings:scheme_opening_confirm", args=[draft.pk]),
            {"proposal": proposal.pk, "words": WORDS},
        )

        assert answer.status_code == 409
        assert "没有等待您确认的启动提议。" in text(answer) and WORDS in text(answer)

    @pytest.mark.parametrize(
        "posted", [{}, {"proposal": "x", "words": WORDS}, {"proposal": "9" * 4400, "words": WORDS}]
    )
    def test_nonsense_opens_nothing(self, proposal, draft, chair, signed_client, posted):
        response = signed_client(chair).post(
            reverse("ratings:scheme_opening_confirm", args=[draft.pk]), posted
        )

        assert response.status_code == 200
        assert Scheme.objects.get(pk=draft.pk).phase == "drafting"

"""A scheme before it opens: copied, compared with last year, its notes, its checks, the links on its page."""

import datetime as dt
from dataclasses import replace

import pytest
from django.urls import reverse

from ratings.criteria.storing import create_scheme, read_scheme
from ratings.criteria.versions import freeze
from ratings.criteria.years import copy_scheme, notes_of, previous_scheme, year_changes
from ratings.models import AcknowledgedWarning, ChangeNote, Item, Scheme
from ratings.workflow.opening import checks_of
from schools.models import AuditEntry
from schools.saving import Refused
from tests.factories import CityFactory
from tests.rating_factories import follows_on, published_year, spec_for

pytestmark = pytest.mark.django_db


def text(response) -> str:
    return response.content.decode()


@pytest.fixture
def office(appoint):
    return appoint("office")


@pytest.fixture
def last(city, school) -> Scheme:
    """Last year, published."""
    scheme = published_year(city, [school], year=2025)
    Scheme.objects.filter(pk=scheme.pk).update(self_due=dt.date(2025, 10, 31), city_due=dt.date(2025, 12, 10))
    scheme.refresh_from_db()
    return scheme


@pytest.fixture
def draft(last, office) -> Scheme:
    return copy_scheme(last, year=2026, by=office)


class TestCopying:
    def test_brings_every_criterion_and_moves_the_dates(self, last, draft):
        then, now = read_scheme(last), read_scheme(draft)

        assert now == replace(
            then,
            year=2026,
            name="示例市2026年度星级评定方案",
            period_start=dt.date(2026, 1, 1),
            period_end=dt.date(2026, 11, 30),
        )
        assert (draft.self_due, draft.county_due, draft.city_due) == (
            dt.date(2026, 10, 31),
            None,
            dt.date(2026, 12, 10),
        )
        assert draft.phase == "drafting" and not draft.versions.exists() and not draft.assessments.exists()
        assert [item.origin.code for item in draft.items.all()] == [item.code for item in last.items.all()]
        assert AuditEntry.objects.filter(action="scheme", subject=str(draft)).count() == 1

    def test_takes_what_counts_not_the_rows(self, last, office):
        """A row that somebody changed behind the version is not what the year was rated by."""
        Item.objects.filter(scheme=last, code="K1").update(name="改过的行")

        assert copy_scheme(last, year=2027, by=office).items.get(code="K1").name == "办班总量"

    @pytest.mark.parametrize("year", [2025, 1999, 2101])
    def test_refuses_a_year_that_is_taken_or_out_of_bounds(self, last, office, year):
        with pytest.raises(Refused):
            copy_scheme(last, year=year, by=office)

    def test_one_page_with_everything_filled_in(self, last, office, signed_client):
        client, address = signed_client(office), reverse("ratings:scheme_copy", args=[last.pk])
        page = client.get(address)
        posted = {name: page.context["form"].initial[name] for name in ("year", "name")}

        response = client.post(address, posted, follow=True)

        copied = Scheme.objects.get(year=2026)
        assert response.redirect_chain == [(reverse("ratings:scheme", args=[copied.pk]), 302)]
        assert copied.name == "示例市2026年度星级评定方案" and "共 3 个小项" in text(response)

    def test_what_was_typed_stays_with_the_error(self, draft, last, office, signed_client):
        response = signed_client(office).post(
            reverse("ratings:scheme_copy", args=[last.pk]), {"year": "2026", "name": "我的名称"}
        )

        assert "示例市2026年度已有评定方案" in text(response) and "我的名称" in text(response)
        assert Scheme.objects.count() == 2


class TestComparison:
    def test_an_item_with_another_code_and_name_is_the_same_item(self, draft):
        draft.items.filter(code="K1").update(code="K9", name="全年办班", points=35)

        (row,) = year_changes(draft).rows

        assert [(one.label, one.old, one.new) for one in row.fields] == [
            ("编码", "K1", "K9"),
            ("名称", "办班总量", "全年办班"),
            ("分值", "40", "35"),
        ]

    def test_the_year_before_is_the_one_it_was_copied_from(self, city, last, draft, office):
        freeze(draft, reason="启动")
        Scheme.objects.filter(pk=draft.pk).update(phase="open")
        other = create_scheme(spec_for(city, 2027), city=city)

        assert previous_scheme(draft) == last
        assert previous_scheme(other) == draft
        assert previous_scheme(last) is None

    def test_another_citys_year_is_never_compared(self, last, school):
        other = CityFactory()
        assert previous_scheme(create_scheme(spec_for(other, 2026), city=other)) is None

    def test_page_shows_both_texts_with_what_differs_marked(self, draft, office, signed_client):
        draft.items.filter(code="K1").update(standard="全年办班不少于12期")
        draft.items.filter(code="L1").delete()

        page = text(signed_client(office).get(reverse("ratings:scheme_changes", args=[draft.pk])))

        assert (
            '全年办班不少于<del class="gone">10</del>期' in page
            and '全年办班不少于<ins class="came">12</ins>期' in page
        )
        assert "L1 听课" in page and "取消" in page and "30 分；分(0—30)" in page

    def test_notes_are_written_while_drafting_and_read_by_schools_once_open(
        self, draft, office, appoint, signed_client
    ):
        draft.items.filter(code="K1").update(points=35)
        draft.items.filter(code="L1").update(points=35)
        address = reverse("ratings:scheme_changes", args=[draft.pk])
        signed_client(office).post(
            address, {"note-item:K1": "突出办班质量", "note-item:L1": " ", "note-item:X1": "无此项"}
        )
        freeze(draft, reason="启动")
        Scheme.objects.filter(pk=draft.pk).update(phase="open")

        refused = signed_client(office).post(address, {"note-item:K1": "改口"})
        school = text(signed_client(appoint("filler")).get(address))

        assert notes_of(draft) == {"item:K1": "突出办班质量"}
        assert "变化说明不能再改" in text(refused) and "改口" in text(refused)
        assert "突出办班质量" in school and "<textarea" not in school and 'name="note-' not in school

    def test_a_note_on_what_no_longer_differs_is_not_lost_without_a_word(self, draft, office, signed_client):
        draft.items.filter(code="K1").update(points=35)
        address = reverse("ratings:scheme_changes", args=[draft.pk])

        posted = {"note-item:K1": "突出办班质量", "note-item:L1": "突出听课", "note-item:M1": ""}
        page = text(signed_client(office).post(address, posted, follow=True))

        assert notes_of(draft) == {"item:K1": "突出办班质量"}
        assert "有一条变化说明没有保存，它所说的内容与上年度已经没有差别：“突出听课”" in page
        assert page.count("没有保存") == 1

    def test_an_emptied_note_goes(self, draft, office, signed_client):
        draft.items.filter(code="K1").update(points=35)
        address = reverse("ratings:scheme_changes", args=[draft.pk])
        for said in ("甲", "乙", ""):
            signed_client(office).post(address, {"note-item:K1": said})

        assert not ChangeNote.objects.exists()

    def test_only_the_office_writes_notes(self, draft, appoint, signed_client):
        address = reverse("ratings:scheme_changes", args=[draft.pk])

        assert signed_client(appoint("chair")).post(address, {"note-item:K1": "甲"}).status_code == 403
        assert signed_client(appoint("filler")).get(address).status_code == 404

    def test_a_first_year_says_so(self, last, appoint, signed_client):
        assert "没有可以比较的年度" in text(
            signed_client(appoint("filler")).get(reverse("ratings:scheme_changes", args=[last.pk]))
        )


class TestChecks:
    @pytest.fixture
    def doubtful(self, draft) -> Scheme:
        """Two warnings, no error."""
        Scheme.objects.filter(pk=draft.pk).update(bonus_cap=3)
        draft.items.filter(code="K1").update(verified="全部")
        draft.refresh_from_db()
        return follows_on(draft)

    def address(self, scheme):
        return reverse("ratings:scheme_checks", args=[scheme.pk])

    def test_errors_are_listed_with_the_place(self, draft, office, signed_client):
        draft.items.filter(code="K1").update(points=35)
        page = text(signed_client(office).get(self.address(draft)))

        assert "各小项分值合计 95.00 分，应为 100 分" in page and "K1" in page

    def test_a_band_that_cannot_be_read_is_a_finding_not_a_crash(self, draft, office, signed_client):
        draft.bands.filter(star=5).update(condition="总分≥≥90")
        page = signed_client(office).get(self.address(draft))

        assert page.status_code == 200 and "总分≥≥90" in text(page)
        assert signed_client(office).get(reverse("ratings:scheme", args=[draft.pk])).status_code == 200

    def test_a_draft_without_bands_is_refused(self, draft):
        draft.bands.all().delete()

        assert "没有任何星级标准" in [finding.text for finding in checks_of(draft).errors]

    def test_warnings_are_noted_one_by_one_or_all(self, doubtful, office, signed_client):
        client, digest = signed_client(office), checks_of(doubtful).digest
        client.post(self.address(doubtful), {"digest": digest, "warning": "1"})
        assert [finding.where for finding in checks_of(doubtful).open_warnings] == ["K1"]

        client.post(self.address(doubtful), {"digest": digest})

        assert checks_of(doubtful).passed
        assert {row.by for row in AcknowledgedWarning.objects.all()} == {office}

    @pytest.mark.parametrize(
        "posted", [{"warning": "7"}, {"warning": "x"}, {"digest": "0" * 64}, {"warning": "9" * 5000}]
    )
    def test_a_warning_that_is_not_there_notes_nothing(self, doubtful, office, signed_client, posted):
        response = signed_client(office).post(
            self.address(doubtful), {"digest": checks_of(doubtful).digest, **posted}
        )

        assert response.status_code == 302
        assert not AcknowledgedWarning.objects.exists()

    def test_changed_content_needs_a_new_acknowledgement(self, doubtful, office, signed_client):
        signed_client(office).post(self.address(doubtful), {"digest": checks_of(doubtful).digest})
        doubtful.items.filter(code="K1").update(standard="另一个标准")

        assert len(checks_of(doubtful).open_warnings) == 2


def test_the_page_of_a_scheme_leads_on_by_phase_and_role(last, draft, office, appoint, signed_client):
    def links(user, scheme):
        page = signed_client(user).get(reverse("ratings:scheme", args=[scheme.pk]))
        return {label for label, *_ in page.context["links"]}

    assert {"启动前检查", "本年度调整说明", "启动评定", "复制为新年度方案"} <= links(office, draft)
    assert {"启动前检查", "启动评定"} & links(office, last) == set()
    assert (
        links(appoint("filler"), last) & {"启动前检查", "启动评定", "复制为新年度方案", "编制方案"} == set()
    )


def test_comparison_costs_the_same_for_any_number_of_items(
    city, last, draft, office, signed_client, django_assert_max_num_queries
):
    client = signed_client(office)
    for number in range(30):
        category = draft.categories.get(code="K")
        draft.items.create(
            category=category,
            code=f"K{number + 10}",
            name=f"新项{number}",
            points=1,
            rule="分(0—1)",
            order=number,
        )
    with django_assert_max_num_queries(24):
        client.get(reverse("ratings:scheme_changes", args=[draft.pk]))

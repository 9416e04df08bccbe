"""The audit trail as the audit administrator reads, checks and takes it out."""

import datetime

import pytest
from django.db import connection
from django.urls import reverse

from schools import audit
from schools.models.audit import AuditEntry
from schools.workbooks import read_workbook
from tests.factories import AppointmentFactory, CityFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def trail(city, appoint):
    """Two acts in the city and one in another."""
    office = appoint("office")
    audit.record("import", by=office, city=city, subject="党校名册", detail={"行数": 49, "来源": {"甲": 1}})
    audit.record("publish", by=None, city=city, subject="2025年度方案")
    audit.record("publish", by=None, city=CityFactory(), subject="别市方案")
    return office


def test_trail_shows_the_own_city_with_readable_details(trail, appoint, signed_client):
    page = signed_client(appoint("auditor")).get(reverse("schools:audit")).content.decode()

    assert "党校名册" in page
    assert "甲 1" in page
    assert "别市方案" not in page


@pytest.mark.parametrize(
    ("query", "found", "hidden"),
    [
        ({"action": "publish"}, "2025年度方案", "党校名册"),
        ({"who": "office"}, "党校名册", "2025年度方案"),
        ({"about": "名册"}, "党校名册", "2025年度方案"),
        ({"since": "2099-01-01"}, "没有符合条件的记录", "党校名册"),
        ({"until": "2020-01-01"}, "没有符合条件的记录", "党校名册"),
    ],
)
def test_trail_narrows(query, found, hidden, trail, appoint, signed_client):
    page = signed_client(appoint("auditor")).get(reverse("schools:audit"), query).content.decode()

    assert found in page
    assert f"<td>{hidden}</td>" not in page


def test_the_end_of_each_chain_one_answers_for_is_shown_to_be_kept_outside(
    trail, city, appoint, signed_client
):
    own = signed_client(appoint("auditor")).get(reverse("schools:audit")).content.decode()
    record_of_other = AuditEntry.objects.exclude(city=city).get(action="publish")
    whole = UserFactory(username="whole")
    AppointmentFactory(user=whole, role="auditor")
    audit.record("backup", by=None, city=None, subject="a.zip")
    all_ends = signed_client(whole).get(reverse("schools:audit")).content.decode()

    assert audit.chain_head(city) in own
    assert audit.chain_head(record_of_other.city) not in own
    assert all(audit.chain_head(one) in all_ends for one in (None, city, record_of_other.city))


def test_an_untouched_chain_passes(trail, city, appoint, signed_client):
    client = signed_client(appoint("auditor"))

    page = client.post(reverse("schools:audit_verify"), {"head": audit.chain_head(city)}).content.decode()

    assert "核验通过" in page


def test_a_changed_entry_is_named(trail, city, appoint, signed_client):
    client = signed_client(appoint("auditor"))
    with connection.cursor() as cursor:
        cursor.execute("UPDATE schools_auditentry SET subject = '改过' WHERE subject = '党校名册'")

    page = client.post(reverse("schools:audit_verify")).content.decode()

    assert "发现" in page
    assert "被改动" in page


@pytest.mark.parametrize("head", ["abc", f"²:{'0' * 64}", f"{'9' * 5000}:{'0' * 64}"])
def test_a_head_that_is_none_gets_a_sentence_beside_its_field(head, trail, appoint, signed_client):
    page = (
        signed_client(appoint("auditor"))
        .post(reverse("schools:audit_verify"), {"head": head})
        .content.decode()
    )

    assert "链尾应写成" in page
    assert "<title>错误：" in page
    assert f'value="{head}"' in page


def test_export_is_an_entry_itself(trail, appoint, signed_client):
    response = signed_client(appoint("auditor")).post(reverse("schools:audit_export"))

    table = read_workbook(b"".join(response.streaming_content), name="x.xlsx").first_sheet.table(["对象"])
    assert "党校名册" in [row.text("对象") for row in table.rows]
    assert AuditEntry.objects.filter(action="export", subject="审计记录").count() == 1


@pytest.mark.parametrize("role", ["office", "chair", "sysadmin", "security", "viewer"])
def test_others_cannot_take_the_trail_out(role, trail, appoint, signed_client):
    user = appoint(role) if role != "office" else trail
    before = AuditEntry.objects.count()
    client = signed_client(user)
    signed_in = AuditEntry.objects.count() - before

    response = client.post(reverse("schools:audit_export"))

    assert response.status_code == 403
    assert AuditEntry.objects.count() == before + signed_in


def test_trail_costs_the_same_queries_for_any_length(
    city, appoint, signed_client, django_assert_max_num_queries
):
    client = signed_client(appoint("auditor"))
    for more in (1, 2, 27):
        for number in range(more):
            audit.record(
                "export",
                by=None,
                city=city,
                subject=f"{more}-{number}",
                at=datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC),
            )
        with django_assert_max_num_queries(12):
            client.get(reverse("schools:audit"))

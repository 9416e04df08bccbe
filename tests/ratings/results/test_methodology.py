"""The methodology page: order, thresholds, rounding, versions; the criteria as a file whose sum is the
digest.
"""

import hashlib
import json
from dataclasses import replace
from fractions import Fraction

import pytest
from django.urls import reverse

from ratings.criteria.storing import create_scheme
from ratings.criteria.versions import freeze, spec_of
from ratings.models import ChangeNote, Scheme
from ratings.results.methodology import evaluation_order
from schools.models.audit import AuditEntry
from tests.rating_factories import open_year, published_year, spec_for

pytestmark = pytest.mark.django_db


def text(response) -> str:
    return response.content.decode()


@pytest.fixture
def scheme(city, school, appoint) -> Scheme:
    """A published year after another, with a corrected version and a note on what changed."""
    published_year(city, [school], year=2024)
    found = published_year(city, [school], year=2025)
    spec = spec_of(found.versions.get())
    freeze(
        found,
        reason="更正一处",
        spec=replace(spec, items=(replace(spec.items[0], name="办班数量"), *spec.items[1:])),
    )
    ChangeNote.objects.create(
        scheme=found, key="item:K1", text="与统计口径一致", by=appoint("chair"), at=found.published_at
    )
    return found


def address(scheme: Scheme, name: str = "methodology", *more) -> str:
    return reverse(f"ratings:{name}", args=[scheme.pk, *more])


def test_page_tells_order_rules_thresholds_versions_and_reasons(scheme, appoint, signed_client):
    page = text(signed_client(appoint("filler")).get(address(scheme)))

    versions = list(scheme.versions.order_by("number"))
    expected = [
        "小项最后得分四舍五入到两位小数",
        "办班期数达到 10 期得 40 分",
        "档(办班期数: ≥10→40; ≥5→30; 其他→0)",
        "总分≥90",
        "最高三星",
        "评审组合议",
        "更正一处",
        "改动：K1 办班数量：调整文字",
        "与统计口径一致",
        *(version.digest for version in versions),
    ]
    assert [word for word in expected if word not in page] == []
    assert "制作核验包" not in page and "办班总量" not in page  # as K1 was called before it was corrected


def test_order_of_evaluation_follows_the_parameters(city):
    spec = spec_for(city, 2026)
    weighted = replace(
        spec,
        has_county_stage=True,
        county_weight=Fraction(3, 10),
        city_weight=Fraction(7, 10),
        aggregation="trimmed",
        five_star_share=Fraction(3, 10),
        items=(
            *spec.items,
            replace(spec.items[1], code="N1", bonus=True, category=None, onsite=True, may_be_na=True),
        ),
        bonus_cap=Fraction(3),
        bonus_floor=Fraction(60),
        bonus_group_caps=(("成果", Fraction(2)),),
    )

    plainly, weighing = (str(evaluation_order(one)) for one in (spec, weighted))

    said = [
        "去掉一个最高分",
        "乘 30%",
        "乘 70%",
        "沿用初评",
        "适用小项分值",
        "“成果”合计不超过 2 分",
        "合计不超过 3 分",
        "低于 60 分",
        "参评党校的 30%",
    ]
    assert [word for word in said if word not in weighing] == []
    assert [word for word in said if word in plainly] == []
    assert "本方案不设加分" in plainly and "本方案不设比例" in plainly


def test_file_is_the_frozen_version_and_its_sum_is_the_digest(scheme, appoint, signed_client):
    client = signed_client(appoint("judge"))
    first, second = scheme.versions.order_by("number")

    content = client.get(address(scheme, "methodology_json", 1)).content

    assert hashlib.sha256(content).hexdigest() == first.digest
    assert json.loads(content) == first.content
    assert (
        hashlib.sha256(client.get(address(scheme, "methodology_json", 2)).content).hexdigest()
        == second.digest
    )
    assert client.get(address(scheme, "methodology_json", 3)).status_code == 404


def test_an_open_year_has_a_page_and_no_packages_a_draft_has_neither(city, school, appoint, signed_client):
    opened, draft = open_year(city, [school], year=2026), create_scheme(spec_for(city, 2027), city=city)
    client = signed_client(appoint("office"))

    page = text(client.get(address(opened)))

    assert "结果通报以后，可以在这里下载公开包" in page
    assert client.post(address(opened, "public_package")).status_code == 404
    assert client.get(address(draft)).status_code == 404


def test_everybody_may_take_the_public_package_and_the_trail_keeps_it(scheme, appoint, signed_client):
    response = signed_client(appoint("viewer")).post(address(scheme, "public_package"))

    content = b"".join(response.streaming_content)
    assert response.headers["Content-Disposition"].startswith("attachment")
    detail = json.loads(AuditEntry.objects.get(action="export").detail)
    assert detail["文件摘要"] == hashlib.sha256(content).hexdigest()


def test_page_costs_the_same_for_any_number_of_years(
    city, school, appoint, signed_client, django_assert_max_num_queries
):
    client = signed_client(appoint("filler"))
    for year in range(2020, 2024):
        scheme = published_year(city, [school], year=year)
        with django_assert_max_num_queries(14):
            client.get(address(scheme))

"""核验包: the stand-alone script gets the published stars again, and finds whatever was changed."""

import ast
import hashlib
import io
import json
import subprocess
import sys
import zipfile
from collections import Counter
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.conf import settings
from django.urls import reverse

from ratings.criteria.spec import to_json
from ratings.enums import Status
from ratings.models import Assessment, Scheme
from ratings.offline.running import run_year
from ratings.results import recompute
from ratings.results.verification import (
    Verifier,
    _judge_numbers,
    decisive,
    public_package,
    rules_of,
    verification_package,
)
from ratings.scoring import SchoolInput, Sheet, score_all, show
from ratings.sheets.evaluation import evaluate
from schools.models.audit import AuditEntry
from tests.factories import SchoolFactory
from tests.oracle.translating import engine_scheme, engine_school
from tests.rating_factories import SECRETS, open_year, published_year, settled_year
from tests.ratings.scoring.test_second_scorer import by_school, drawn

pytestmark = pytest.mark.django_db
SCRIPT = Path(recompute.__file__)
#: Random years of 12 schools each that the script is compared on.
YEARS = 25
ANNE = Verifier("示例市纪委监委 刘某", "群众来信核实")


def unpacked(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        return {name: package.read(name) for name in package.namelist()}


def parsed(content: bytes, name: str):
    return json.loads(unpacked(content)[f"{name}.json"])


def packed(path: Path, content: bytes, *, resealed: bool = True, **changed) -> Path:
    """The package with other contents; `resealed` by somebody who knows how the manifest is made."""
    files = unpacked(content)
    for name, value in changed.items():
        files[f"{name}.json"] = json.dumps(value, ensure_ascii=False).encode()
    if resealed:
        manifest = json.loads(files["manifest.json"])
        manifest["files"] = {name: hashlib.sha256(files[name]).hexdigest() for name in manifest["files"]}
        files["manifest.json"] = json.dumps(manifest, ensure_ascii=False).encode()
    with zipfile.ZipFile(path, "w") as package:
        for name, value in files.items():
            package.writestr(name, value)
    return path


def report(path: Path, capsys) -> tuple[int, str]:
    return recompute.main(path), capsys.readouterr().out


@pytest.fixture
def published(city, school) -> Scheme:
    """Three schools: one with a 核定, one restricted, one decided otherwise."""
    return published_year(city, [school, *SchoolFactory.create_batch(2, city=city, county=school.county)])


def test_script_is_short_and_needs_nothing_but_python():
    source = SCRIPT.read_text(encoding="utf-8")
    imported = {
        name.split(".")[0]
        for node in ast.walk(ast.parse(source))
        for name in (
            [one.name for one in node.names]
            if isinstance(node, ast.Import)
            else [node.module]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }

    assert len(source.splitlines()) < 150
    assert imported <= sys.stdlib_module_names


@pytest.mark.parametrize("name", ["shili-shi", "shili-xianjishi"])
def test_sample_years_are_reproduced_from_the_package_alone(name, tmp_path):
    folder = Path(settings.BASE_DIR) / "fixtures" / name
    scheme = run_year(folder / "scheme.xlsx", folder, issue=False).scheme
    path = tmp_path / "核验包.zip"
    path.write_bytes(verification_package(scheme, to=ANNE).content)
    script = tmp_path / "recompute.py"
    script.write_bytes(unpacked(path.read_bytes())["recompute.py"])

    done = subprocess.run(
        [sys.executable, "-I", script, path], capture_output=True, text=True, cwd="/", check=False
    )

    assert (done.returncode, done.stderr) == (0, "")
    assert f"{scheme.results.count()} 所党校的摘要、得分和星级全部一致" in done.stdout
    schools, rules, spec = (
        parsed(path.read_bytes(), "schools"),
        parsed(path.read_bytes(), "rules"),
        parsed(path.read_bytes(), "scheme"),
    )
    again = {school["code"]: recompute.recompute(spec, rules, school) for school in schools}
    outcomes = evaluate(scheme).outcomes
    computed = {one.school_code: outcomes[str(one.assessment_id)] for one in scheme.results.all()}
    assert {code: one["星级"] for code, one in again.items()} == {
        code: one.star for code, one in computed.items()
    }


def test_script_agrees_with_the_engine_on_random_years_with_every_kind_of_rule():
    kinds = Counter()
    for seed in range(YEARS):
        scheme, names, metrics, rows, listed, _ = drawn(seed)
        spec, own = engine_scheme(scheme), by_school(rows)
        inputs = [
            engine_school(scheme, code, metrics.get(code, {}), own.get(code, []), listed.get(code, []))
            for code, *_ in names
        ]
        outcomes = score_all(replace(spec, five_star_share=None), inputs)
        content, rules = json.loads(json.dumps([to_json(spec), rules_of(spec)]))
        kinds.update(type(part).__name__ for item in spec.items for part in item.rule.parts)
        for one in inputs:
            numbers = {sheet.judge: number for number, sheet in enumerate(one.city)}
            given = json.loads(json.dumps(decisive(one, numbers) | {"cases": sorted(one.cases)}))
            again, outcome = recompute.recompute(content, rules, given), outcomes[one.key]
            assert again["星级"] == outcome.star, (seed, one.key)
            assert again.get("总分") == (show(outcome.totals.total) if outcome.totals else None), (
                seed,
                one.key,
            )
            assert {code: again.get(code) for code in outcome.items} == {
                code: None if item.points is None else show(item.points)
                for code, item in outcome.items.items()
            }, (seed, one.key)
    assert set(kinds) == {"Checklist", "Graded", "Cases", "Ratio", "Deduct", "Add", "Levels", "Judged"}


@pytest.fixture
def package(db, year) -> bytes:
    """A small year with two stages, weights, bonus and restrictions, as it stands in its package."""
    year.write()
    return verification_package(run_year(year.scheme, year.folder, issue=False).scheme, to=ANNE).content


def test_every_kind_of_change_is_found_although_the_sums_were_made_again(package, tmp_path, capsys):
    schools, results, scheme = (
        parsed(package, "schools"),
        parsed(package, "results"),
        parsed(package, "scheme"),
    )
    assert report(packed(tmp_path / "same.zip", package), capsys)[0] == 0
    first = schools[0]
    code = next(iter(first["county"]))

    first["county"][code] = {"得分": "0", "系统": "0"}
    status, said = report(packed(tmp_path / "points.zip", package, schools=schools), capsys)
    assert status == 1 and f"{first['name']}，{code}" in said and "总分" in said

    results[0]["star"] = 3
    status, said = report(packed(tmp_path / "star.zip", package, results=results), capsys)
    assert status == 1 and "审定星级，公布 3，重算 5" in said and "结果摘要" in said

    scheme["items"][0]["points"] = "1"
    status, said = report(packed(tmp_path / "scheme.zip", package, scheme=scheme), capsys)
    assert status == 1 and "方案摘要" in said


def test_a_changed_answer_is_found_and_a_missing_one_named(tmp_path, capsys, city):
    package = verification_package(
        settled_year(city, SchoolFactory.create_batch(2, city=city)), to=ANNE
    ).content
    schools = parsed(package, "schools")
    schools[0]["city"][0]["L1"]["答"]["得分"] = "3"
    del schools[1]["city"][0]["L1"]["答"]["得分"]

    status, said = report(packed(tmp_path / "answer.zip", package, schools=schools), capsys)

    assert status == 1
    assert f"{schools[0]['name']}，L1，公布 29.00，重算 3.00" in said
    assert f"{schools[1]['name']}，数据，公布 应当齐全，重算 不能重算" in said


def test_a_file_that_was_touched_is_named_even_where_no_figure_moves(published, tmp_path, capsys):
    package = verification_package(published, to=ANNE).content
    schools = parsed(package, "schools")
    schools[0]["adjustment_reasons"] = {}

    status, said = report(packed(tmp_path / "file.zip", package, resealed=False, schools=schools), capsys)

    assert status == 1
    assert "不一致：schools.json，文件摘要" in said


def test_a_broken_package_is_refused_with_a_sentence(tmp_path):
    (tmp_path / "x.zip").write_bytes(b"PK")

    done = subprocess.run(
        [sys.executable, "-I", SCRIPT, tmp_path / "x.zip"], capture_output=True, text=True, check=False
    )

    assert done.returncode == 1
    assert "核验包打不开或不完整" in done.stderr


def test_judges_are_numbers_and_their_remarks_stay_inside(published):
    files = unpacked(verification_package(published, to=ANNE).content)
    everything = b"".join(files.values()).decode()

    judge, remark, adjusted, decided = SECRETS
    assert judge not in everything and remark not in everything
    assert adjusted in everything and decided in everything
    assert [school["judges"] for school in json.loads(files["schools.json"])] == [[1], [1], [1]]
    assert ANNE.name in files["说明.md"].decode() and ANNE.reason in files["manifest.json"].decode()


def test_an_adjustment_that_does_not_count_brings_no_reason_along(published):
    def reasons() -> list[tuple]:
        schools = parsed(verification_package(published, to=ANNE).content, "schools")
        return [(one["adjustments"]["city"], len(one["adjustment_reasons"])) for one in schools]

    before = reasons()
    Assessment.objects.filter(scheme=published).update(status=Status.LAPSED)

    assert sorted(before, key=str) == [({"K1": "38"}, 1), ({}, 0), ({}, 0)]
    assert reasons() == [({}, 0)] * 3


def test_the_numbers_of_judges_follow_neither_their_names_nor_their_seats():
    labels = ("评委甲", "评委乙", "评委丙", "评委丁")
    school = SchoolInput("1", {}, city=tuple(Sheet(label, {}) for label in labels))
    years = [
        SimpleNamespace(inputs={"1": school}, version=SimpleNamespace(digest=digest)) for digest in "abcdef"
    ]

    orders = {tuple(_judge_numbers(year)) for year in years}

    assert len(orders) > 1 and all(set(order) == set(labels) for order in orders)


def test_public_package_names_stars_and_digests_and_nothing_else(published):
    unrated = published.results.last()
    published.results.filter(pk=unrated.pk).update(star=0)
    files = unpacked(public_package(published).content)

    stars = json.loads(files["stars.json"])
    assert [set(one) for one in stars["stars"]] == [{"school", "county", "star", "digest"}] * 2
    assert (stars["unrated"], stars["unrated_digests"]) == (1, [unrated.digest])
    everything = b"".join(files.values()).decode()
    assert unrated.school_name not in everything
    assert [word for word in (*SECRETS, str(published.results.first().total)) if word in everything] == []
    assert hashlib.sha256(files["scheme.json"]).hexdigest() == published.versions.get().digest


def address(scheme: Scheme) -> str:
    return reverse("ratings:verification", args=[scheme.pk])


def test_a_named_verifier_with_a_reason_gets_the_package_and_the_trail_keeps_who_and_why(
    published, appoint, signed_client
):
    client = signed_client(appoint("auditor"))

    page = client.get(address(published)).content.decode()
    response = client.post(address(published), {"verifier": ANNE.name, "reason": ANNE.reason})

    content = b"".join(response.streaming_content)
    assert "核验包" in page
    assert response.headers["Content-Disposition"].startswith("attachment")
    entry = AuditEntry.objects.get(action="export")
    assert json.loads(entry.detail) == {
        "核验人": ANNE.name,
        "事由": ANNE.reason,
        "文件摘要": hashlib.sha256(content).hexdigest(),
        "身份": "示例市 审计管理员",
    }


@pytest.mark.parametrize("missing", ["verifier", "reason"])
def test_without_name_or_reason_nothing_leaves(missing, published, appoint, signed_client):
    data = {"verifier": ANNE.name, "reason": ANNE.reason} | {missing: " "}

    page = signed_client(appoint("office")).post(address(published), data).content.decode()

    assert "填写有误" in page
    assert not AuditEntry.objects.filter(action="export").exists()


def test_before_publication_there_is_no_package(city, school, appoint, signed_client):
    settled, scoring = settled_year(city, [school]), open_year(city, [school], year=2026)
    client = signed_client(appoint("office"))

    assert [client.get(address(one)).status_code for one in (settled, scoring)] == [404, 404]
    assert [
        client.post(address(one), {"verifier": "刘某", "reason": "核实"}).status_code
        for one in (settled, scoring)
    ] == [404, 404]

"""scheme.xlsx in the browser: checked first, all or nothing, into drafts only."""

import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from openpyxl import Workbook, load_workbook

from ratings.criteria.storing import create_scheme, read_scheme
from ratings.criteria.workbook import read_scheme_workbook
from ratings.enums import Phase
from ratings.models import Item, Scheme
from schools.models import AuditEntry
from tests.rating_factories import published_year, spec_for

pytestmark = pytest.mark.django_db
IMPORT = "ratings:scheme_import"


@pytest.fixture
def office_client(appoint, signed_client):
    return signed_client(appoint("office"))


@pytest.fixture
def book(year) -> bytes:
    """A workbook of 2025 that can be taken over."""
    return year.write().scheme.read_bytes()


def upload(content: bytes, name: str = "scheme.xlsx") -> dict:
    return {"workbook": SimpleUploadedFile(name, content)}


def check(client, content, scheme=None):
    return client.post(
        reverse("ratings:scheme_import_into", args=[scheme.pk]) if scheme else reverse(IMPORT),
        upload(content),
    )


def confirm(client, scheme=None, **fields):
    address = reverse("ratings:scheme_import_into", args=[scheme.pk]) if scheme else reverse(IMPORT)
    kept = client.session.get("pending_scheme") or {}
    return client.post(address, {"confirm": "1", "seen": kept.get("token", ""), **fields})


def text(response) -> str:
    return response.content.decode()


def test_workbook_becomes_a_draft_only_by_the_second_press(city, book, office_client):
    page = text(check(office_client, book))
    assert "尚未写入" in page
    assert "4 个，分值合计 100.00 分" in page
    assert not Scheme.objects.exists()

    response = confirm(office_client)

    scheme = Scheme.objects.get()
    assert response.url == reverse("ratings:scheme", args=[scheme.pk])
    assert (scheme.phase, scheme.city, scheme.items.count()) == (Phase.DRAFTING, city, 5)
    assert AuditEntry.objects.filter(action="import", subject=str(scheme)).exists()


def test_what_is_exported_comes_back_unchanged(city, school, office_client):
    scheme = create_scheme(spec_for(city, 2027), city=city)
    before = read_scheme(scheme)
    content = b"".join(
        office_client.post(reverse("ratings:scheme_export", args=[scheme.pk])).streaming_content
    )
    ids = set(scheme.items.values_list("pk", flat=True))

    page = text(check(office_client, content, scheme))
    confirm(office_client, scheme, agreed="on")

    assert "内容完全相同" in page
    assert read_scheme(Scheme.objects.get()) == before
    assert set(scheme.items.values_list("pk", flat=True)) == ids
    assert set(scheme.items.values_list("version", flat=True)) == {0}


def test_replacing_keeps_rows_of_the_same_code_and_names_what_differs(city, office_client):
    scheme = create_scheme(spec_for(city, 2027), city=city)
    Scheme.objects.filter(pk=scheme.pk).update(self_due="2027-10-31")
    kept = {item.code: item.pk for item in scheme.items.all()}
    sheets = load_workbook(
        io.BytesIO(
            b"".join(office_client.post(reverse("ratings:scheme_export", args=[scheme.pk])).streaming_content)
        )
    )
    sheets["指标项"]["I2"] = "档(办班期数: ≥12→40; ≥6→30; 其他→0)"
    sheets["指标项"]["D4"] = "M2"
    target = io.BytesIO()
    sheets.save(target)

    page = text(check(office_client, target.getvalue(), scheme))
    refused = confirm(office_client, scheme)
    confirm(office_client, scheme, agreed="on")

    assert "档(办班期数: ≥12→40; ≥6→30; 其他→0)" in page
    assert "请先勾选同意" in text(refused)
    items = {item.code: item for item in scheme.items.all()}
    assert set(items) == {"K1", "L1", "M2"}
    assert (items["K1"].pk, items["L1"].pk) == (kept["K1"], kept["L1"])
    assert (items["K1"].version, items["L1"].version) == (1, 0)
    assert Scheme.objects.get().self_due is not None


def test_all_problems_of_all_sheets_stand_in_one_table_and_nothing_is_written(year, office_client):
    year.parameters["评审权重"] = "60%"
    year.item("K1")[8] = "档(主教室座位: ≥100＝30; 其他→0)"
    year.item("L1")[6] = "很多"
    year.bands[1] = ("六星", "总分≥75")
    year.restrictions[0] = ("Y1", "", "人工", "取消资格", "")

    page = text(check(office_client, year.write().scheme.read_bytes()))

    assert "有 6 处需要改正" in page
    for sheet in ("方案", "指标项", "星级标准", "限制性情形"):
        assert f'<td class="nowrap">{sheet}</td>' in page
    assert 'name="confirm"' not in page
    assert confirm(office_client).url == reverse(IMPORT)
    assert not Scheme.objects.exists()


def test_a_sheet_without_headings_does_not_hide_the_problems_of_the_others(year, office_client):
    content = load_workbook(year.write().scheme)
    content["指标项"].delete_rows(1)
    del content["星级标准"]
    content["方案"]["B3"] = "二〇二五"
    target = io.BytesIO()
    content.save(target)

    page = text(check(office_client, target.getvalue()))

    for words in ("缺少工作表“星级标准”", "没有找到表头", "应填数字"):
        assert words in page


def test_unfinished_scheme_comes_in_as_draft_with_what_opening_will_refuse(year, office_client):
    year.item("K1")[6], year.item("K1")[8] = 20, "档(主教室座位: ≥100→20; 其他→0)"

    page = text(check(office_client, year.write().scheme.read_bytes()))
    confirm(office_client)

    assert "启动前还要改正" in page
    assert "应为 100 分" in page
    assert Scheme.objects.get().items.count() == 5


def test_hand_made_workbook_is_understood(office_client):
    book = Workbook()
    first = book.active
    first.title = "方案"
    for row in (
        ("镇街党校评定方案（征求意见稿）",),
        (),
        (" 项目", "内容 "),
        ("名　称", "手工方案 "),
        ("年度", "２０２６年"),
        ("主办单位", "市委组织部"),
    ):
        first.append(row)
    first.append(("统计截止日", "2026.12.15"))
    items = book.create_sheet("指标项 ")
    items.append(("评分细则",))
    items.append(("大项编码", "大项名称", "小项编码", "小项名称", "类型", "分值", "标准", "计分规则", "备注"))
    items.append(
        (
            "Ａ",
            "阵地建设",
            "Ａ－１",
            "主教室 ",
            "",
            "６０分",
            "可集中培训",
            " 档（主教室座位：>=100->60；≥60→20；其他→0） ",
        )
    )
    items.append(())
    items.append((None, None, "A-2", "设施", "小项", 40, "", "清单（音响＝10；“投影/大屏”＝30）", "附表"))
    items.merge_cells("A3:A5")
    items.merge_cells("B3:B5")
    bands = book.create_sheet("星级标准")
    for row in (("星级", "条件"), ("五星", "总分 ≥ ９０　且 最低大项得分率>=70%"), (), ("三星 ", "总分≥60")):
        bands.append(row)
    target = io.BytesIO()
    book.save(target)

    page = text(check(office_client, target.getvalue()))
    confirm(office_client)

    assert "备注" in page  # the unknown column is named
    spec = read_scheme(Scheme.objects.get())
    assert (spec.name, spec.year, spec.period_end.day) == ("手工方案", 2026, 15)
    assert [(item.code, item.category, item.points) for item in spec.items] == [
        ("A-1", "A", 60),
        ("A-2", "A", 40),
    ]
    assert spec.items[0].rule_text == "档(主教室座位: ≥100→60; ≥60→20; 其他→0)"
    assert [band.condition_text for band in spec.bands] == ["总分≥90 且 最低大项得分率≥70%", "总分≥60"]


@pytest.mark.parametrize("name", ["方案.xls", "方案.et"])
def test_old_spreadsheets_are_answered_with_what_to_do(name, office_client):
    assert "请用 WPS 另存为 .xlsx" in text(
        office_client.post(reverse(IMPORT), upload(b"\xd0\xcf\x11\xe0", name))
    )


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("绝密方案.xlsx", b"PK", "严禁上传涉密文件"),
        ("方案.xlsx", b"no workbook", "需要改正"),
        ("方案.pdf", b"%PDF", "应是 .xlsx 表格"),
    ],
)
def test_what_is_no_workbook_gets_a_sentence(name, content, sentence, office_client):
    response = office_client.post(reverse(IMPORT), upload(content, name))

    assert response.status_code == 200
    assert sentence in text(response)


def test_values_no_table_can_hold_are_problems_not_crashes(year, office_client):
    year.item("K1")[3] = "K" + "1" * 30
    year.custom_metrics = [("满意率", "%", "越高越好", 10**12, "市")]
    year.parameters |= {"县初评权重": "33.33333333%", "评审权重": "66.66666667%"}

    page = text(check(office_client, year.write().scheme.read_bytes()))

    for words in ("小项编码", "上限", "县初评权重"):
        assert f'<td class="nowrap">{words}</td>' in page


def test_opened_scheme_takes_no_workbook_by_any_way(city, school, book, year, office_client):
    scheme = published_year(city, [school])
    before = read_scheme(scheme)

    refused = check(office_client, book, scheme)
    listed = text(check(office_client, book))
    confirm(office_client, scheme, agreed="on")
    confirm(office_client, agreed="on")

    assert refused.url == reverse("ratings:scheme", args=[scheme.pk])
    assert "已有评定方案" in listed
    assert read_scheme(Scheme.objects.get()) == before


def test_scheme_opened_between_check_and_confirmation_is_left_alone(city, book, office_client):
    scheme = create_scheme(spec_for(city, 2025), city=city)
    check(office_client, book, scheme)
    Scheme.objects.update(phase=Phase.OPEN)

    confirm(office_client, scheme, agreed="on")
    page = text(
        office_client.post(reverse("ratings:scheme_import_into", args=[scheme.pk]), upload(book), follow=True)
    )

    assert "工作簿没有导入。" in page
    assert read_scheme(Scheme.objects.get()).items == spec_for(city, 2025).items


def test_draft_changed_between_check_and_confirmation_is_shown_again(city, book, office_client):
    scheme = create_scheme(spec_for(city, 2025), city=city)
    check(office_client, book, scheme)
    Item.objects.filter(code="L1").update(name="别人改的名称")

    page = text(confirm(office_client, scheme, agreed="on"))
    assert "又有人改过" in page
    assert "别人改的名称" in page
    assert Item.objects.filter(name="别人改的名称").exists()

    confirm(office_client, scheme, agreed="on")
    assert {item.code for item in scheme.items.all()} == {"K1", "K2", "L1", "L2", "M1"}


def test_draft_made_between_check_and_confirmation_is_not_replaced_unasked(city, book, office_client):
    check(office_client, book)
    create_scheme(spec_for(city, 2025), city=city)

    confirm(office_client, agreed="on")

    assert Scheme.objects.get().items.count() == 3


def test_other_roles_and_other_cities_get_nothing(city, school, book, appoint, signed_client):
    scheme = create_scheme(spec_for(city, 2025), city=city)
    for role in ("head", "county_lead", "judge", "viewer", "auditor"):
        client = signed_client(appoint(role))
        assert client.get(reverse(IMPORT)).status_code == 403
        assert client.get(reverse("ratings:scheme_template")).status_code == 403
        assert client.post(reverse("ratings:scheme_export", args=[scheme.pk])).status_code == 404


def test_template_can_be_downloaded_and_read(office_client):
    response = office_client.get(reverse("ratings:scheme_template"))

    assert "填写说明" in load_workbook(io.BytesIO(b"".join(response.streaming_content))).sheetnames


def test_export_of_an_open_scheme_is_its_frozen_version(city, school, appoint, signed_client):
    scheme = published_year(city, [school])
    Item.objects.filter(scheme=scheme, code="K1").update(name="后来改的名字")

    response = signed_client(appoint("filler")).post(reverse("ratings:scheme_export", args=[scheme.pk]))

    spec = read_scheme_workbook(b"".join(response.streaming_content)).spec
    assert spec.items[0].name == "办班总量"
    assert AuditEntry.objects.filter(action="export").exists()

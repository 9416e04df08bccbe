"""Back-filling by workbook: every bad row named, all or nothing, known classes told and never touched."""

import io
from datetime import date, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from schools.importing import exchange
from schools.models import AuditEntry, Lesson, School, TrainingClass
from schools.teaching.backfill import BackfillResource
from schools.teaching.class_views import SESSION_KEY
from schools.workbooks import SheetOut, WorkbookError, read_workbook, write_workbook
from tests.factories import TeacherFactory, TrainingClassFactory

pytestmark = pytest.mark.django_db

HEADINGS = ["开始日期", "班名", "类别", "学时", "人次", "授课人", "授课人身份"]
#: The most rows that may be wrong in one sheet are all named.
BAD = 50


def workbook(rows, headings=HEADINGS) -> bytes:
    buffer = io.BytesIO()
    write_workbook(buffer, [SheetOut("开班登记", headings, rows)])
    return buffer.getvalue()


def row(number: int, **changes) -> list:
    values = {
        "day": (date(2025, 1, 1) + timedelta(days=number % 300)).isoformat(),
        "name": f"第{number}期",
        "kind": "集中培训",
        "hours": "4",
        "attendance": "60人",
        "lecturer": "陈老师",
        "capacity": "",
    }
    return list((values | changes).values())


def upload(client, content: bytes, name: str = "补录.xlsx"):
    return client.post(reverse("schools:class_import"), {"workbook": SimpleUploadedFile(name, content)})


def confirm(client):
    kept = client.session.get(SESSION_KEY) or {}
    return client.post(reverse("schools:class_import"), {"confirm": "1", "seen": kept.get("token", "")})


@pytest.fixture
def desk(appoint, signed_client, school):
    TeacherFactory(school=school, name="陈老师", kind="lecturer")
    return signed_client(appoint("filler"))


def load(school, rows):
    book = read_workbook(workbook(rows), name="补录.xlsx")
    return exchange.import_workbook(
        [BackfillResource], book, schools=School.objects.filter(pk=school.pk), city=school.city
    )


@pytest.mark.parametrize("rows", [1500, pytest.param(5000, marks=pytest.mark.deep)])
def test_thousands_of_rows_are_refused_for_fifty_and_written_once_mended(
    rows, school, django_assert_max_num_queries
):
    TeacherFactory(school=school, name="陈老师", kind="lecturer")
    wrong = {rows // BAD * place for place in range(1, BAD + 1)}
    sheet = [row(number, hours="四" if number in wrong else "4") for number in range(1, rows + 1)]

    with pytest.raises(WorkbookError) as refused:
        load(school, sheet)
    nothing = TrainingClass.objects.count()
    with django_assert_max_num_queries(400):
        (report,) = load(school, [row(number) for number in range(1, rows + 1)])

    # The heading is row 1 of the sheet.
    assert [problem.row for problem in refused.value.problems] == [number + 1 for number in sorted(wrong)]
    assert {problem.column for problem in refused.value.problems} == {"学时"}
    assert nothing == 0
    assert report.created == TrainingClass.objects.count() == Lesson.objects.count() == rows


def test_failure_after_the_last_row_takes_everything_back(school, monkeypatch):
    TeacherFactory(school=school, name="陈老师", kind="lecturer")
    monkeypatch.setattr(exchange, "record", lambda *args, **kwargs: 1 / 0)

    with pytest.raises(ZeroDivisionError):
        load(school, [row(number) for number in range(1, 600)])

    assert not TrainingClass.objects.exists()
    assert not Lesson.objects.exists()


def test_upload_is_checked_first_and_written_by_the_second_press(desk, school):
    checked = upload(desk, workbook([row(1), row(2)])).content.decode()
    before = TrainingClass.objects.count()
    confirm(desk)
    again = confirm(desk)

    one = TrainingClass.objects.first()
    assert "可以写入 <strong>2</strong> 个班次" in checked
    assert (before, TrainingClass.objects.count()) == (0, 2)
    assert (one.school, one.recorded_by.username, one.is_late) == (school, "filler", True)
    assert Lesson.objects.filter(teacher__name="陈老师", lecturer_kind="lecturer", hours=4).count() == 2
    assert AuditEntry.objects.filter(action="import").count() == 1
    assert again.status_code == 302


def test_every_problem_is_told_with_its_row(desk, school):
    sheet = [row(1), row(2, day="2199-01-01"), row(3, lecturer="陌生人"), row(4, kind="大班"), row(1)]

    page = upload(desk, workbook(sheet)).content.decode()
    confirm(desk)

    assert "共 4 处需要改正" in page
    for place, reason in ((3, "日期还没有到"), (4, "“陌生人”不在师资库"), (5, "大班"), (6, "与第 2 行重复")):
        assert f'<td class="num">{place}</td>' in page and reason in page
    assert not TrainingClass.objects.exists()


def test_class_already_registered_is_told_and_never_touched(desk, school):
    upload(desk, workbook([row(1)]))
    confirm(desk)
    known = TrainingClass.objects.get()

    same = upload(desk, workbook([row(1), row(2)])).content.decode()
    other = upload(desk, workbook([row(1, attendance="61")])).content.decode()
    confirm(desk)
    known.refresh_from_db()

    assert "第 2 行：这个班次已经登记，内容相同，不再写入" in same
    assert "人次与登记不同" in other
    assert known.attendance == 60
    assert TrainingClass.objects.count() == 1


def test_another_school_cannot_be_named(desk, school):
    foreign = TrainingClassFactory().school

    page = upload(desk, workbook([[foreign.code, *row(1)]], ["学校编码", *HEADINGS])).content.decode()
    named = upload(desk, workbook([[foreign.name, *row(1)]], ["学校名称", *HEADINGS])).content.decode()
    confirm(desk)

    assert f"没有编码为“{foreign.code}”的党校" in page
    assert f"学校名称却写着“{foreign.name}”" in named
    assert not TrainingClass.objects.filter(name="第1期").exists()
    assert not TrainingClass.objects.filter(school=foreign, name="第1期").exists()


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 nothing", "年月日".encode()])
def test_what_is_no_workbook_is_answered_in_words(desk, content):
    response = upload(desk, content)

    assert response.status_code == 200
    assert not TrainingClass.objects.exists()


def test_template_has_the_columns_the_import_takes(desk):
    book = read_workbook(
        b"".join(desk.get(reverse("schools:class_template")).streaming_content), name="模板.xlsx"
    )

    headings = [value for value in book.first_sheet.grid[0] if value]
    assert headings[:3] == ["开始日期", "结束日期", "班名"]
    assert headings[-2:] == ["授课人", "授课人身份"]


def test_several_lecturers_in_one_cell_are_refused(desk):
    page = upload(desk, workbook([row(1, lecturer="周立新、蔡育才", capacity="专家")])).content.decode()

    assert '<td class="num">2</td><td class="nowrap">授课人</td>' in page
    assert "几个人授课的，请在课次里逐人填写" in page


def test_known_class_with_another_lecturer_is_not_called_the_same(desk, school):
    TeacherFactory(school=school, name="王老师", kind="lecturer")
    upload(desk, workbook([row(1)]))
    confirm(desk)

    other = upload(desk, workbook([row(1, lecturer="王老师")])).content.decode()

    assert "第 2 行：日期和班名相同，其他内容不同，没有登记" in other
    assert "内容相同，不再写入" not in other
    assert Lesson.objects.get().lecturer_name == "陈老师"


def test_what_was_passed_over_is_named_with_its_column_also_where_rows_are_wrong(desk):
    head = [*HEADINGS, "说明一列"]
    last = [["合计", "", "", "8", "120", "", "", ""], [""] * 7 + ["制表人：张三"], [""] * 7 + ["同上"]]

    for hours in ("4", "四"):
        page = upload(desk, workbook([[*row(1, hours=hours), "甲"], *last], head)).content.decode()

        assert "第 1 行「说明一列」：不认识的列，已忽略" in page
        assert "第 3 行：合计、小计等汇总行，没有读入" in page
        assert "第 4 行：“制表人：张三”是落款，没有读入" in page
        assert "第 5 行" not in page

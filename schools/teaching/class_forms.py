"""The form of a class with the rows of 课次 below it, and the other forms of classes and trial lessons."""

from __future__ import annotations

from dataclasses import asdict
from decimal import Decimal
from typing import Any

from crispy_forms.helper import FormHelper
from django import forms
from django.db.models import Q, QuerySet
from django.utils import timezone

from schools.importing.teaching_sheets import refuse_days
from schools.models import Lesson, PlannedClass, School, TeachingPoint, TrainingClass, TrialLesson
from schools.models.naming import ONE_BY_ONE, refuse_no_name, refuse_several
from schools.models.teaching import ClassCategory
from schools.records.changes import plain, worded
from schools.refusals import RecheckedForm, refusals_in
from schools.site.asked import FilterForm, SeveralField, TextArea, day_input, long_text, owe
from schools.site.typed import DayField, NumberField, WholeField
from schools.workbooks import clean_text, same, tidy_name

from .classes import (
    LESSONS,
    Habits,
    LessonIn,
    digest_of,
    full_snapshot,
    habits_of,
    lessons_of,
    worded_lessons,
)
from .forms import NumberedRow, RowsFormSet

EXTRA_LESSONS = 3


def refuse_stranger(form: forms.Form, name: str, habits: Habits) -> None:
    """One person, and whoever is not known yet by a name."""
    with refusals_in(form, "lecturer"):
        refuse_several(name)
        if name and name not in habits.kinds:
            refuse_no_name(name)


class LessonForm(NumberedRow):
    """A row of 课次; an empty one is no lesson."""

    COUNTED = "课次"
    STYLES = {"kind": "form-select"}

    title = forms.CharField(label="题目", required=False, max_length=100)
    lecturer = forms.CharField(
        label="授课人", required=False, max_length=30, widget=forms.TextInput(attrs={"list": "lecturers"})
    )
    kind = forms.ChoiceField(
        label="身份", required=False, choices=[("", "自动"), *Lesson.LecturerKind.choices]
    )
    hours = NumberField(
        label="学时",
        unit=("学时", "小时"),
        required=False,
        max_digits=4,
        decimal_places=1,
        min_value=Decimal("0.5"),
        max_value=Decimal(99),
    )

    def __init__(self, *args, habits: Habits, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.habits = habits

    @property
    def is_filled(self) -> bool:
        """Whether it names anything but its own number."""
        return any(self.cleaned_data.get(name) for name in ("title", "lecturer", "hours"))

    def clean(self) -> dict[str, Any]:
        """A lesson needs a person and hours."""
        data = super().clean()
        if not self.is_filled:
            return data
        owe(self, lecturer="请填写这一课次的授课人。", hours="请填写这一课次的学时。")
        name = data["lecturer"] = tidy_name(data.get("lecturer", ""))
        refuse_stranger(self, name, self.habits)
        data["kind"] = data.get("kind") or self.habits.kinds.get(name, "")
        if name and not data["kind"] and "lecturer" not in self.errors:
            self.add_error("kind", f"“{name}”不在师资库，请选明身份。")
        return data

    def lesson(self) -> LessonIn:
        """The row as it will be written."""
        data = self.cleaned_data
        return LessonIn(data["lecturer"], data["kind"], data["hours"], data["title"], data.get("pk"))


LessonFormSet = forms.formset_factory(
    LessonForm, formset=RowsFormSet, extra=EXTRA_LESSONS, max_num=60, absolute_max=80
)


FOLDED = ("ends_on", "form", "audience", "lecturer_kind", "title", "teaching_point", "rating", "partners")
STORED = (
    "starts_on",
    "ends_on",
    "name",
    "category",
    "planned",
    "form",
    "audience",
    "hours",
    "attendance",
    "first_lesson",
    "place",
    "teaching_point",
    "cost",
    "rating",
)
#: What a new class takes over from the last one, and from one that is copied: never day, money and rating.
USUAL = ("category", "form", "audience", "hours", "first_lesson", "place")
COPIED = (*USUAL, "name", "attendance", "teaching_point")


class PlannedSelect(forms.Select):
    """Carries name and kind of each planned class, so that choosing one fills both in the browser as well."""

    def create_option(self, name, value, label, selected, index, subindex=None, attrs=None):
        option = super().create_option(name, value, label, selected, index, subindex, attrs)
        row = getattr(value, "instance", None)
        if row is not None:
            option["attrs"] |= {"data-name": row.name, "data-kind": row.kind}
        return option


class PlannedField(forms.ModelChoiceField):
    widget = PlannedSelect

    def label_from_instance(self, obj: PlannedClass) -> str:
        """Month and name; the year where it is not this one."""
        year = "" if obj.plan.year == timezone.localdate().year else f"{obj.plan.year}年"
        return f"{year}{obj.month}月 {obj.name}"


class ClassForm(RecheckedForm, forms.Form):
    """A class of the school. `bound_to` is the record it edits, `copy_of` the one it starts from."""

    planned = PlannedField(
        PlannedClass.objects.none(), label="计划班次", required=False, empty_label="计划外，或尚无计划"
    )
    name = forms.CharField(label="班名", required=False, max_length=100)
    starts_on = DayField(label="开始日期", widget=day_input())
    category = forms.ChoiceField(
        label="类别", required=False, choices=[("", "请选择"), *ClassCategory.choices]
    )
    hours = NumberField(
        label="学时",
        unit=("学时", "小时"),
        max_digits=5,
        decimal_places=1,
        min_value=Decimal("0.5"),
        max_value=Decimal(999),
    )
    attendance = WholeField(label="人次", unit=("人次", "人"), min_value=0, max_value=100_000)
    lecturer = forms.CharField(label="授课人", required=False, max_length=30)
    place = forms.CharField(label="地点", required=False, max_length=100)
    cost = NumberField(
        label="经费支出（元）",
        unit="元",
        required=False,
        max_digits=12,
        decimal_places=2,
        min_value=Decimal(0),
    )
    first_lesson = forms.BooleanField(label="以党的创新理论为第一课", required=False)
    ends_on = DayField(label="结束日期", required=False, widget=day_input(), help_text="不填同开始日期。")
    form = forms.ChoiceField(label="教学形式", choices=TrainingClass.Form)
    audience = forms.CharField(label="培训对象", required=False, max_length=100)
    lecturer_kind = forms.ChoiceField(
        label="授课人身份",
        required=False,
        choices=[("", "按师资库或上次登记"), *Lesson.LecturerKind.choices],
        help_text="书记、挂点领导讲课请选明。",
    )
    title = forms.CharField(label="授课题目", required=False, max_length=100)
    teaching_point = forms.ModelChoiceField(
        TeachingPoint.objects.none(), label="现场教学点", required=False, empty_label="不在教学点"
    )
    rating = NumberField(
        label="评价均分",
        required=False,
        max_digits=5,
        decimal_places=2,
        min_value=Decimal(0),
        max_value=Decimal(100),
        help_text="训后评价的平均分（百分制），未开展的不填。",
    )
    partners = SeveralField(
        School.objects.none(),
        label="联合办班的参加党校",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="由本校主办、其他党校参加的才勾选；人次只填本校的，对方各自确认。",
    )
    seen = forms.CharField(required=False, widget=forms.HiddenInput)
    reason = forms.CharField(
        label="修改原因", required=False, max_length=200, help_text="如：人次统计有误。会记入修改记录。"
    )

    def __init__(
        self,
        *args,
        school: School,
        bound_to: TrainingClass | None = None,
        copy_of: TrainingClass | None = None,
        planned: PlannedClass | None = None,
        **kwargs,
    ) -> None:
        self.school, self.bound_to = school, bound_to
        self.habits = habits_of(school)
        super().__init__(*args, initial=self._initial(bound_to, copy_of, planned), **kwargs)
        self._offer()
        rows = lessons_of(bound_to) if bound_to else []
        #: The only lesson stands above, in the fields of the class.
        self.single = rows.pop() if len(rows) == 1 else None
        self.initial |= self._lecturer(copy_of)
        self.lessons = LessonFormSet(
            self.data if self.is_bound else None,
            prefix="lesson",
            initial=[asdict(row) for row in rows],
            form_kwargs={"habits": self.habits},
        )
        self.helper = FormHelper()

    # --- What it offers ---

    def _initial(self, record, copy_of, planned) -> dict[str, Any]:
        if record:
            stored = {name: getattr(record, name) for name in STORED}
            return stored | {"cost": record.cost or None, "seen": digest_of(record)}
        source, names = (copy_of, COPIED) if copy_of else (self.habits.last, USUAL)
        start = {name: getattr(source, name) for name in names} | {"starts_on": timezone.localdate()}
        if planned and not copy_of:
            start |= {"planned": planned, "name": planned.name, "category": planned.kind}
        return start

    def _lecturer(self, copy_of: TrainingClass | None) -> dict[str, str]:
        if self.single:
            lesson = self.single
            return {"lecturer": lesson.lecturer, "lecturer_kind": lesson.kind, "title": lesson.title}
        lessons = lessons_of(copy_of) if copy_of else []
        return {"lecturer": lessons[0].lecturer, "lecturer_kind": lessons[0].kind} if lessons else {}

    def _offer(self) -> None:
        years = {timezone.localdate().year, timezone.localdate().year - 1}
        if self.bound_to:
            years.add(self.bound_to.starts_on.year)
        planned = PlannedClass.objects.filter(plan__school=self.school, plan__year__in=years)
        planned = planned.select_related("plan").order_by("-plan__year", "month", "pk")
        self.fields["planned"].queryset = planned
        points = TeachingPoint.objects.filter(Q(school=self.school) | Q(shared_with=self.school)).distinct()
        self.fields["teaching_point"].queryset = points.order_by("pk")
        if self.bound_to:
            del self.fields["partners"]
        else:
            others = School.objects.filter(city=self.school.city_id).open_on().exclude(pk=self.school.pk)
            self.fields["partners"].queryset = others.select_related(None).near_first(self.school)
        lists = {"lecturer": "lecturers", "place": "places", "audience": "audiences"}
        for name, target in lists.items():
            self.fields[name].widget.attrs |= {"list": target, "autocomplete": "off"}
        for name in ("attendance", "hours"):
            self.fields[name].widget.attrs["inputmode"] = "decimal"

    @property
    def opens_fold(self) -> bool:
        """Whether something folded away must be seen: an error, or what a record of several days holds."""
        record = self.bound_to
        several = record and (record.ends_on != record.starts_on or self.lessons.initial)
        return bool(set(self.errors) & set(FOLDED) or any(self.lessons.errors) or several)

    # --- What it returns ---

    def contents(self, current: TrainingClass) -> tuple[dict[str, str], dict[str, str]]:
        """Fields and lessons of the record, and as typed."""
        typed = {name: plain(value) for name, value in self.values().items()}
        typed[LESSONS] = worded_lessons(self.lesson_rows())
        stored = full_snapshot(current)
        return worded(TrainingClass, {name: stored[name] for name in typed}), worded(TrainingClass, typed)

    def fresh(self, current: TrainingClass) -> dict[str, str]:
        """Its digest."""
        return {"seen": digest_of(current)}

    def is_valid(self) -> bool:
        """The rows of lessons belong to it."""
        valid, lessons = super().is_valid(), self.lessons.is_valid()
        if self.is_bound and not lessons and not self.has_error(None, "lessons"):
            self.add_error(None, forms.ValidationError("“更多”里的课次有需要改正的地方。", code="lessons"))
        if valid and lessons:
            self._fit_lessons()
        return valid and lessons and not self.errors

    def _fit_lessons(self) -> None:
        """Where there are rows of lessons, they alone are kept: what stands above them must be in them."""
        lecturer, title = self.cleaned_data["lecturer"], self.cleaned_data["title"]
        rows = self.lesson_rows()
        if title and not rows:
            self.add_error("lecturer", "写了授课题目，请写明授课人，或删去题目。")
        if lecturer and same(lecturer) not in {same(row.lecturer) for row in rows}:
            told = f"授课人“{lecturer}”不在课次里：{ONE_BY_ONE}；没有授课的，请从这里删去。"
            self.add_error("lecturer", told)
        elif title and rows and same(title) not in {same(row.title) for row in rows}:
            told = f"授课题目“{title}”不在课次里，请写在课次里，或从这里删去。"
            self.add_error("title", told)

    def clean(self) -> dict[str, Any]:
        """What follows from the plan is filled in; days and people must fit together."""
        data = super().clean()
        planned = data.get("planned") or PlannedClass(name="", kind="")
        data["name"] = clean_text(data.get("name") or "").strip() or planned.name
        data["category"] = data.get("category") or planned.kind
        owe(self, name="请填写班名，或选择计划班次。", category="请选择类别。")
        self._check_days(data)
        data["cost"] = data.get("cost") or Decimal(0)
        self._check_lecturer(data)
        return data

    def _check_days(self, data: dict[str, Any]) -> None:
        start, planned = data.get("starts_on"), data.get("planned")
        if not start:
            return
        data["ends_on"] = data.get("ends_on") or start
        with refusals_in(self):
            refuse_days(start, data["ends_on"])
        if planned and planned.plan.year != start.year:
            self.add_error("planned", f"这是{planned.plan.year}年的计划班次，与开始日期不在同一年。")

    def _check_lecturer(self, data: dict[str, Any]) -> None:
        name = data["lecturer"] = tidy_name(data.get("lecturer") or "")
        if not name:
            return
        refuse_stranger(self, name, self.habits)
        typed = data.get("lecturer_kind")
        # A kind left as it was filled in belongs to the person it was filled in for.
        if typed and name != self.initial.get("lecturer") and typed == self.initial.get("lecturer_kind"):
            typed = ""
        data["lecturer_kind"] = typed or self.habits.kinds.get(name, "")
        if not data["lecturer_kind"] and "lecturer" not in self.errors:
            self.add_error("lecturer_kind", f"“{name}”不在师资库，以前也没有登记过，请选明身份。")

    def values(self) -> dict[str, Any]:
        """The fields of the record."""
        return {name: self.cleaned_data[name] for name in STORED}

    def lesson_rows(self) -> list[LessonIn]:
        """The rows typed below; else the one person named above for the whole class."""
        rows = [form.lesson() for form in self.lessons if form.is_filled]
        data = self.cleaned_data
        if not rows and data["lecturer"]:
            pk = self.single.pk if self.single else None
            return [LessonIn(data["lecturer"], data["lecturer_kind"], data["hours"], data["title"], pk)]
        return rows

    def excess(self) -> str:
        """What to look at again where the lessons have more hours than the class; groups taught at the same
        time rightly have.
        """
        taught, hours = sum(row.hours for row in self.lesson_rows()), self.cleaned_data["hours"]
        if taught <= hours:
            return ""
        return f"课次学时合计 {plain(taught)}，多于班次学时 {plain(hours)}，请核对；同时分组授课的不必修改。"

    def partner_schools(self) -> QuerySet[School] | list[School]:
        """Other schools that took part; none for a record that exists."""
        return self.cleaned_data.get("partners") or []


class VoidForm(forms.Form):
    """Why a record no longer counts."""

    reason = forms.CharField(
        label="作废原因", max_length=200, help_text="如：重复登记、登记在错误的学校。会留在记录上。"
    )


class JoinForm(forms.Form):
    """How many of this school took part; of a signed day also why that is said now."""

    attendance = WholeField(label="本校参加人次", unit=("人次", "人"), min_value=1, max_value=100_000)
    reason = long_text("更正理由", required=False, help_text="写明为什么现在才登记。")

    def __init__(self, *args, locked: bool, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        if not locked:
            del self.fields["reason"]


class ClassFilterForm(FilterForm):
    """Search by name, narrow by month and category."""

    q = forms.CharField(label="班名", required=False, max_length=40)
    month = forms.TypedChoiceField(
        label="月份",
        required=False,
        coerce=int,
        empty_value=None,
        choices=[("", "全年"), *((n, f"{n}月") for n in range(1, 13))],
    )
    category = forms.ChoiceField(label="类别", required=False, choices=[("", "全部"), *ClassCategory.choices])

    def narrow(self, classes: QuerySet[TrainingClass]) -> QuerySet[TrainingClass]:
        """The classes that fit what was chosen."""
        chosen = self.chosen
        if word := chosen.get("q", "").strip():
            classes = classes.filter(name__icontains=word)
        if "month" in chosen:
            classes = classes.filter(starts_on__month=chosen["month"])
        return classes.filter(category=chosen["category"]) if "category" in chosen else classes


class TrialForm(forms.ModelForm):
    """The teachers are those of the school's pool."""

    class Meta:
        model = TrialLesson
        fields = ["teacher", "on", "topic", "assessors", "opinion", "passed"]
        field_classes = {"on": DayField}
        widgets = {"on": day_input(), "opinion": TextArea(attrs={"rows": 2})}
        help_texts = {"assessors": "姓名，几个人用顿号隔开。", "opinion": "不超过 200 字。"}

    def __init__(self, *args, school: School, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.fields["teacher"].queryset = school.teachers.in_force()
        self.fields["teacher"].empty_label = "请选择"
        self.fields["passed"].label = "试讲通过"
        self.fields["on"].initial = timezone.localdate
        self.instance.school = school

    def clean_on(self):
        """A trial lesson is recorded after it was given."""
        day = self.cleaned_data["on"]
        if day > timezone.localdate():
            raise forms.ValidationError("试讲日期还没有到。")
        return day

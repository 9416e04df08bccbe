"""A scheme workbook on its way into a city: checked as a whole, compared with what is there, then taken over
or not at all.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction

from ratings.enums import Phase
from ratings.models import Scheme
from ratings.rules.rounding import show
from schools import audit
from schools.saving import Refused
from schools.workbooks import Problem, WorkbookError

from .changes import Changes, compare
from .checking import check_scheme
from .fields import SECTIONS
from .spec import SchemeSpec
from .storing import content_digest, create_scheme, read_scheme, replace_scheme, scheme_columns, section_rows
from .workbook import SchemeSource, read_scheme_workbook


@dataclass(frozen=True)
class Intake:
    """A workbook that can be taken over. `target` is the draft it would replace, None where it makes a new
    one.

    `unmet` is what the check of the scheme refuses at opening; a draft may still be brought in with it.
    """

    spec: SchemeSpec
    target: Scheme | None
    seen: str
    warnings: tuple[str, ...]
    unmet: tuple[Problem, ...]
    changes: Changes | None

    @property
    def counts(self) -> tuple[tuple[str, str], ...]:
        """What the workbook holds, in figures a person can compare with the paper."""
        spec = self.spec
        groups = {(item.category, item.group) for item in spec.items if item.group}
        counts = {
            "大项": f"{len(spec.scored_categories)} 个",
            "分组": f"{len(groups)} 个" if groups else "",
            "小项": f"{len(spec.base_items)} 个，分值合计 {show(spec.full_points)} 分",
            "加分项": f"{len(spec.bonus_items)} 个",
            "星级标准": f"{len(spec.bands)} 级",
            "限制性情形": f"{len(spec.restrictions)} 条",
            "自定义指标": f"{len(spec.custom_metrics)} 个",
        }
        return tuple((name, count) for name, count in counts.items() if count)


def examine(content: bytes, *, name: str, city, draft: Scheme | None = None) -> Intake:
    """Read a workbook for `city`, into `draft` or into the draft of its year; raises WorkbookError with
    everything wrong.
    """
    source = read_scheme_workbook(content, name=name)
    spec = replace(source.spec, city=city.name)
    problems = list(_columns(source, spec))
    if reason := _place(spec, city, draft):
        problems.append(_parameter(source, "年度", reason))
    if problems:
        raise WorkbookError(problems)
    target = draft or _scheme_of(spec, city)
    warnings, unmet = list(source.warnings), []
    if source.spec.city not in (city.name, source.spec.organiser):
        warnings.append(f"工作簿写的所属市是“{source.spec.city}”，将作为“{city.name}”的方案导入")
    for finding in check_scheme(spec):
        if finding.level == "error":
            unmet.append(source.problem(finding.where, finding.text))
        else:
            warnings.append(str(finding))
    return Intake(
        spec=spec,
        target=target,
        seen=content_digest(target) if target else "",
        warnings=tuple(warnings),
        unmet=tuple(unmet),
        changes=compare(read_scheme(target), spec) if target else None,
    )


def take_over(intake: Intake, *, seen: str, by) -> Scheme:
    """Write the workbook as a new draft or into the one it was checked against; raises Refused and then
    nothing is written.
    """
    try:
        with transaction.atomic():
            if intake.target is None:
                scheme = create_scheme(intake.spec, city=by.identity.city)
                Scheme.objects.filter(pk=scheme.pk).update(edited_by=by)
            else:
                scheme = replace_scheme(intake.target, intake.spec, seen=seen, by=by)
            detail = {"方式": "替换草案" if intake.target else "新建草案", "小项": len(intake.spec.items)}
            audit.record("import", by=by, city=scheme.city, subject=str(scheme), detail=detail)
    except IntegrityError as error:
        raise Refused(f"{intake.spec.year}年度刚刚另有人建了评定方案，没有导入。请重新上传核对。") from error
    return scheme


def _place(spec: SchemeSpec, city, draft: Scheme | None) -> str:
    """Why there is no draft the workbook may go into, or ""."""
    if draft is not None and draft.year != spec.year:
        return f"《{draft.name}》是{draft.year}年度，工作簿是{spec.year}年度，请改成一致，或另行导入为新方案"
    other = draft or _scheme_of(spec, city)
    if other is not None and other.phase != Phase.DRAFTING:
        state = f"{spec.year}年度已有评定方案《{other.name}》（{other.get_phase_display()}）"
        return f"{state}，启动后内容不能再替换，修改须按更正办理"
    return ""


def _scheme_of(spec: SchemeSpec, city) -> Scheme | None:
    return Scheme.objects.filter(city=city, year=spec.year).first()


def _columns(source: SchemeSource, spec: SchemeSpec) -> Iterator[Problem]:
    """What the tables cannot hold: texts and codes that are too long, figures with too many digits."""
    for column, text in _errors(Scheme(year=spec.year, **scheme_columns(spec))):
        yield _parameter(source, column, text)
    for section in SECTIONS:
        identity = section.field(section.identity)
        for row, stored in zip(getattr(spec, section.rows), section_rows(section, spec), strict=True):
            for column, text in _errors(stored):
                yield replace(source.problem(identity.text(row), text), column=column)


def _parameter(source: SchemeSource, name: str, text: str) -> Problem:
    return Problem(source.name, "方案", None, name, text)


def _errors(row: models.Model) -> Iterator[tuple[str, str]]:
    """Columns by their Chinese names with what is wrong about them; links to other rows are filled in when
    the rows are written.
    """
    links = {field.name for field in row._meta.concrete_fields if field.is_relation}
    try:
        row.clean_fields(exclude=links)
    except ValidationError as error:
        for field, messages in error.message_dict.items():
            yield str(row._meta.get_field(field).verbose_name), "；".join(messages)

"""数据更正: what a school may no longer change itself it asks for here; county or office decide, and only
then is it written.

    request_change(record, {"attendance": 58}, by=user, reason="误登")
    request_add(TrainingClass, school, {"starts_on": …, "name": …}, by=user, reason="漏登")
    request_void(record, by=user, reason="重复登记")
    approve(correction, by=user, remark="已核对签到册");  refuse(…);  withdraw(…)

`new_values` are fields of the record by name, as a form's `cleaned_data` has them (records, days, Decimals
are taken as they are; a set of records for a many-to-many field). Rows that hang on the record, such as
lessons, go into `extras`: anything JSON can hold, written back by the function that `corrected_rows` names
for the model, and shown as `words` say ({"课次": "…"}). Everything raises `Refused`, whose text is a sentence
for the person at the screen.
"""

from collections.abc import Callable, Mapping
from typing import Any

from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from schools import audit
from schools.messages.inbox import notify
from schools.models import Appointment, Correction, RecordChange, School, User, Visit
from schools.models.base import Voidable
from schools.models.scope import SCHOOL_ROLES
from schools.permissions import keeps_records
from schools.saving import Refused, hold_one
from schools.site.contributions import contributed

from . import locks
from .changes import LONGEST, differences, note_change, plain, record_word, snapshot, worded
from .locks import Reach, lock_for

Act, Status = Correction.Act, Correction.Status


def request_change(
    obj: models.Model,
    new_values: Mapping[str, Any],
    *,
    by: User,
    reason: str,
    extras: Any = None,
    words: tuple[Mapping[str, str], Mapping[str, str]] = ({}, {}),
) -> Correction:
    """Asks that a record get other values; only what differs is kept. `words` shows the extras before and
    after.
    """
    model = type(obj)
    current = snapshot(model._base_manager.get(pk=obj.pk))
    wanted = current | {name: plain(value) for name, value in new_values.items()}
    old, new = differences(current, wanted)
    if not new and extras is None:
        raise Refused("没有需要更正的内容：所填与现有登记一致。")
    asked = Correction(act=Act.CHANGE, school=_school(obj), old=old, new=new, reason=reason, asked_by=by)
    return _request(asked, model, obj, (current, wanted), extras, words)


def request_add(
    model: type[models.Model],
    school: School,
    values: Mapping[str, Any],
    *,
    by: User,
    reason: str,
    extras: Any = None,
    words: Mapping[str, str] | None = None,
) -> Correction:
    """Asks that a record be added to a locked period."""
    new = {name: plain(value) for name, value in values.items()}
    asked = Correction(act=Act.ADD, school=school, new=new, reason=reason, asked_by=by)
    return _request(asked, model, None, ({}, new), extras, ({}, words or {}))


def request_void(obj: models.Model, *, by: User, reason: str) -> Correction:
    """Asks that a record be voided; one that cannot be voided is taken out."""
    current = snapshot(obj)
    asked = Correction(act=Act.VOID, school=_school(obj), old=current, reason=reason, asked_by=by)
    return _request(asked, type(obj), obj, (current, {}))


def pending_of(obj: models.Model) -> Correction | None:
    """The request that waits for this record."""
    return Correction.objects.pending().filter(model=obj._meta.label_lower, object_id=obj.pk).first()


def waiting_sentence(waiting: Correction) -> str:
    """Why the record is not changed meanwhile: two people are already at it."""
    return f"该登记有一份数据更正等待审核（{waiting.asked_at:%m月%d日}申请），请先撤回或等待审核结果。"


def approver_of(correction: Correction, signed: list[locks.Lock] | None = None) -> str:
    """Who decides now: `county` or `office`. It moves on with the assessment: a request may have been made
    before.
    """
    known = locks.signed_by(correction.school) if signed is None else signed
    lock = locks.among(known, since=correction.since, year=correction.year, standing=correction.standing)
    if lock:
        return lock.approver
    return locks.COUNTY if correction.school.county_id else locks.OFFICE


def may_decide(user: User, correction: Correction, signed: list[locks.Lock] | None = None) -> bool:
    """The county or the office, whichever has its turn, for its own schools; nobody decides what they asked
    for.
    """
    identity = user.identity
    if identity is None or correction.status != Status.PENDING or correction.asked_by_id == user.pk:
        return False
    if identity.role not in locks.ROLES[approver_of(correction, signed)]:
        return False
    school = correction.school
    if identity.county_id:
        return identity.county_id == school.county_id
    return identity.city_id == school.city_id


def may_withdraw(user: User, correction: Correction) -> bool:
    """Whoever asked; what the school itself registers, any of its people."""
    own = keeps_records(user, correction.school) and correction.model != Visit._meta.label_lower
    return correction.status == Status.PENDING and (own or correction.asked_by_id == user.pk)


def approve(correction: Correction, *, by: User, remark: str = "") -> Correction:
    """Writes the change, notes it and tells the school, all or nothing."""
    with transaction.atomic():
        locked = _decide(correction, Status.APPROVED, by=by, remark=remark, turn=may_decide)
        try:
            with transaction.atomic():
                record = apply(locked, by=by)
        except (ValidationError, IntegrityError) as error:
            raise Refused(f"不能按申请更正：{_reasons(error)}请退回学校重新申请。") from error
        note_change(
            record,
            school=locked.school,
            action=RecordChange.Action.CORRECT,
            before=locked.before,
            after=locked.after,
            by=by,
            reason=locked.reason,
        )
        _tell(locked)
        changed = {"更正前": locked.before, "更正后": locked.after, "理由": locked.reason}
        _audit(locked, by, {**changed, "申请人": str(locked.asked_by), "意见": remark})
    return locked


def refuse(correction: Correction, *, by: User, remark: str) -> Correction:
    """Leaves the record as it is and tells the school why."""
    if not remark.strip():
        raise Refused({"remark": "不同意更正时，请写明原因，以便学校知道怎么办。"})
    with transaction.atomic():
        locked = _decide(correction, Status.REFUSED, by=by, remark=remark, turn=may_decide)
        _tell(locked)
        _audit(locked, by, {"结果": "未同意", "意见": remark})
    return locked


def withdraw(correction: Correction, *, by: User) -> Correction:
    """The request is taken back; see `may_withdraw`."""
    with transaction.atomic():
        return _decide(correction, Status.WITHDRAWN, by=by, remark="", turn=may_withdraw)


def _request(
    asked: Correction,
    model: type[models.Model],
    obj: models.Model | None,
    change: tuple[Mapping[str, Any], Mapping[str, Any]],
    extras: Any = None,
    words: tuple[Mapping[str, str], Mapping[str, str]] = ({}, {}),
) -> Correction:
    """Fills in what every request has, and stores it; `change` is the whole record before and after."""
    asked.reason = asked.reason.strip()
    if not asked.reason:
        raise Refused({"reason": "记录已锁定，请写明更正理由。"})
    if len(asked.reason) > LONGEST:
        raise Refused({"reason": f"更正理由不超过 {LONGEST} 字。"})
    _, reach = lock_for(asked.school, model, *change) or (None, Reach())
    asked.since, asked.year, asked.standing = reach.since, reach.year, reach.standing
    asked.before = {**_texts(asked, model, asked.old), **words[0]}
    asked.after = {**_texts(asked, model, asked.new), **words[1]}
    asked.record, asked.model, asked.object_id = record_word(model), model._meta.label_lower, obj and obj.pk
    asked.name = str(obj or built(model, asked.school, asked.new))[:LONGEST]
    if extras is not None:
        asked.new = {**asked.new, EXTRAS: extras}
    waiting = "该记录已有一份数据更正等待审核，请先撤回或等待审核结果。"
    try:
        with transaction.atomic():
            if obj and pending_of(obj):
                raise Refused(waiting)
            asked.save()
            _audit(asked, asked.asked_by, {"申请": asked.reason})
    except IntegrityError as error:
        raise Refused(waiting) from error
    return asked


def _texts(asked: Correction, model: type[models.Model], values: Mapping[str, Any]) -> dict[str, str]:
    """What is emptied by a change must be seen; of a whole record only what says something."""
    texts = worded(model, values)
    if asked.act == Act.CHANGE:
        return texts
    return {label: text for label, text in texts.items() if text}


def _audit(correction: Correction, by: User, detail: Mapping[str, Any]) -> None:
    school = correction.school
    audit.record("correct", by=by, city=school.city, subject=f"{school.name} {correction}", detail=detail)


def _decide(
    correction: Correction,
    status: str,
    *,
    by: User,
    remark: str,
    turn: Callable[[User, Correction], bool],
) -> Correction:
    """`turn` is asked under lock: it passes on with the step by which the figures are taken."""
    School.objects.hold(correction.school_id)
    locked = hold_one(Correction.objects.all(), correction.pk)
    if locked.status != Status.PENDING:
        decider = f"已由{locked.decided_by}办理：" if locked.decided_by_id else ""
        raise Refused(f"这份数据更正{decider}{locked.get_status_display()}，不能再次办理。")
    if not turn(by, locked):
        raise Refused("这份数据更正现在不由您办理，请刷新页面查看由谁办理。")
    if len(remark.strip()) > LONGEST:
        raise Refused({"remark": f"审核意见不超过 {LONGEST} 字。"})
    locked.status, locked.remark = status, remark.strip()
    locked.decided_by, locked.decided_at = by, timezone.now()
    locked.save(update_fields=["status", "decided_by", "decided_at", "remark"])
    return locked


def _tell(correction: Correction) -> None:
    """The school, and whoever guides it and asked."""
    held = Appointment.objects.in_force()
    of_school = Q(pk__in=held.filter(school=correction.school, role__in=SCHOOL_ROLES).values("user"))
    guiding = Q(pk=correction.asked_by_id, pk__in=held.exclude(role__in=SCHOOL_ROLES).values("user"))
    people = User.objects.filter(of_school | guiding, is_active=True)
    text = f"数据更正{correction.get_status_display()}：{correction}"
    if correction.remark:
        text += f"（{correction.remark}）"
    url = reverse("schools:correction", args=[correction.pk])
    notify(people, text, url=url, key=f"correction-{correction.pk}", school=correction.school)


def _school(obj: models.Model) -> School:
    return obj if isinstance(obj, School) else obj.school


def _reasons(error: Exception) -> str:
    if isinstance(error, ValidationError):
        return "".join(message if message.endswith("。") else f"{message}。" for message in error.messages)
    return "与现有登记重复或不符。"


EXTRAS = "__extras__"


def apply(correction: Correction, *, by: User) -> models.Model:
    """Writes what was asked for and gives the record; raises Refused or IntegrityError where it no longer
    fits.
    """
    model = apps.get_model(correction.model)
    new = dict(correction.new)
    extras = new.pop(EXTRAS, None)
    if correction.act == Act.ADD:
        record = built(model, correction.school, new)
        if hasattr(record, "recorded_by_id"):
            record.recorded_by = correction.asked_by
    else:
        record = _as_asked(model, correction)
    if correction.act == Act.VOID:
        _void(record, by, correction.reason)
        return record
    sets = _set(record, new)
    record.full_clean()
    record.save()
    for name, keys in sets.items():
        getattr(record, name).set(keys)
    if extras is not None:
        dict(contributed("corrected_rows"))[model](record, extras, by)
    return record


def _as_asked(model: type[models.Model], correction: Correction) -> models.Model:
    """The record under lock, if it still says what it said when the correction was asked for."""
    record = hold_one(model._base_manager.all(), correction.object_id)
    if getattr(record, "is_voided", False):
        raise Refused("该记录已作废。")
    before = snapshot(record)
    if any(before.get(name) != value for name, value in correction.old.items()):
        raise Refused("申请以后该记录又有改动，与申请中的原值不一致。")
    return record


def _void(record: models.Model, by: User, reason: str) -> None:
    if isinstance(record, Voidable):
        record.void(by=by, reason=reason)
        return
    key = record.pk
    record.delete()
    record.pk = key  # still needed to note which record it was


def built(model: type[models.Model], school: School, values: Mapping[str, Any]) -> models.Model:
    """A new record of the school with these values, not saved."""
    record = model()
    if any(field.name == "school" for field in model._meta.fields):
        record.school = school
    _set(record, values)
    return record


def _set(record: models.Model, values: Mapping[str, Any]) -> dict[str, Any]:
    """Puts the values into the record; those of many-to-many fields come back to be set once it is saved."""
    sets = {}
    for name, value in values.items():
        field = record._meta.get_field(name)
        if field.many_to_many:
            sets[name] = value
        else:
            as_it_is = value is None or field.is_relation
            setattr(record, field.attname, value if as_it_is else field.to_python(value))
    return sets

"""The audit trail: written once, and any touch shows."""

import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction
from django.test import override_settings
from django.utils import timezone

from schools import audit
from schools.audit import Checker, chain_head, record, stored_rows, verify
from schools.models import AppendOnlyError, AuditEntry, ChainHead, Correction

pytestmark = pytest.mark.engine

EDITED_COLUMNS = (
    "hash", "previous", "city_id", "number", "at", "user_id", "user_label", "role_label", "action",
    "action_label", "subject", "detail",
)  # fmt: skip


@pytest.fixture
def chain(city, appoint):
    """Thirty acts in the city's chain and some in the system's."""
    office = appoint("office")
    for number in range(30):
        record(
            "move",
            by=office,
            city=city,
            subject=f"东溪镇委党校 {number}",
            detail={"分": Decimal("8.50"), "次": number},
        )
    for _ in range(3):
        record("backup", by=None, city=None, subject="夜间备份")
    return city


def test_record_of_an_act_copies_names_and_links_to_the_one_before(city, appoint):
    office = appoint("office")

    first = record(
        "open",
        by=office,
        city=city,
        subject="2026 年度",
        detail={"期限": datetime(2026, 3, 5, tzinfo=UTC), "率": Fraction(1, 3)},
    )
    second = record("move", by=office, city=city, subject="甲\u202e校")

    assert (first.number, second.number) == (1, 2)
    assert second.previous == first.hash
    assert first.user_label == "office某（office）"
    assert first.role_label == "示例市 市评委会办公室"
    assert first.action_label == "启动评定"
    assert first.detail == '{"期限":"2026-03-05T00:00:00Z","率":"1/3"}'
    assert second.subject == "甲校"
    assert verify() == []


def test_record_of_an_unlisted_action_is_refused(city):
    with pytest.raises(ValueError, match="没有登记"):
        record("whatever", by=None, city=city, subject="")


def test_record_undone_with_its_transaction_leaves_no_gap(chain):
    with pytest.raises(RuntimeError), transaction.atomic():
        record("decide", by=None, city=chain, subject="")
        raise RuntimeError

    record("decide", by=None, city=chain, subject="")

    assert verify() == []


def test_entries_cannot_be_changed_or_deleted_through_the_program(chain):
    entry = AuditEntry.objects.first()

    for attempt in (
        entry.save,
        entry.delete,
        AuditEntry.objects.all().delete,
        lambda: AuditEntry.objects.update(subject="改"),
        lambda: AuditEntry.objects.bulk_create([]),
        lambda: AuditEntry.objects.bulk_update([entry], ["subject"]),
        lambda: AuditEntry.objects.filter(number=1)._raw_delete("default"),
    ):
        with pytest.raises(AppendOnlyError):
            attempt()


def test_entries_are_seen_by_the_audit_administrator_of_the_city_only(chain, appoint):
    assert AuditEntry.objects.visible_to(appoint("auditor")).count() == 30
    assert not AuditEntry.objects.visible_to(appoint("office", user=appoint("judge"))).exists()


def test_verify_of_one_chain_ignores_the_others(chain):
    _sql("UPDATE schools_auditentry SET subject = 'x' WHERE city_id IS NULL AND number = 2")

    assert verify(chain) == []
    assert verify(None) == ["【系统】第 2 条：内容与校验值不符，被改动或不是本系统写入"]
    assert len(verify()) == 1


def test_verify_after_the_chain_and_its_head_were_deleted_is_found_with_the_outside_head(chain):
    kept = chain_head(chain)
    _sql("DELETE FROM schools_auditentry WHERE city_id IS NOT NULL")
    _sql("DELETE FROM schools_chainhead WHERE chain <> 'system'")

    assert verify() == []
    assert "外部留存的链尾" in verify(head=kept)[0]


def test_a_trail_taken_away_whole_is_missed_by_what_its_acts_left(chain, appoint, school):
    filler = appoint("filler")
    values = {"school": school, "act": "void", "record": "登记", "model": "schools.budget", "name": "经费"}
    Correction.objects.create(**values, reason="误登", asked_by=filler)
    record("correct", by=filler, city=chain, subject="经费")
    assert verify() == []
    missed = f"【{chain.name}】有数据更正 1 条，审计记录里却没有一条“数据更正”：审计记录被整段删除过"

    _sql("DELETE FROM schools_auditentry WHERE city_id IS NOT NULL")
    _sql("DELETE FROM schools_chainhead WHERE chain <> 'system'")
    assert verify() == verify(chain) == [missed] and verify(None) == []
    record("sign_in", by=filler, city=chain, subject="又开始记了")  # a new chain does not hide it
    assert verify() == [missed]
    with pytest.raises(CommandError, match="审计链有 1 处问题"):
        call_command("verify_audit", stdout=StringIO())

    _sql("DELETE FROM schools_auditentry")
    _sql("DELETE FROM schools_chainhead")
    assert verify() == [missed]


@pytest.mark.parametrize(("minutes", "remarked"), [(-4, False), (-6, True), (60 * 24 * 90, False)])
def test_a_clock_set_back_inside_a_chain_is_remarked(minutes, remarked, chain):
    then = timezone.now() + timedelta(days=30)
    record("sign_in", by=None, city=chain, subject="甲", at=then)
    record("sign_in", by=None, city=chain, subject="乙", at=then + timedelta(minutes=minutes))

    found = audit.examine(chain)
    assert found.faults == []
    assert ["第 32 条的时间" in remark for remark in found.remarks] == [True] * remarked
    out = StringIO()
    call_command("verify_audit", stdout=out)
    assert ("时钟被拨回过" in out.getvalue()) is remarked and "审计链完好" in out.getvalue()
    assert chain_head(chain) in out.getvalue()


def test_verify_after_the_tail_was_cut_and_the_head_put_back_to_its_old_seal_is_found_with_the_outside_head(
    chain,
):
    earlier = ChainHead.objects.get(chain=audit.chain_key(chain.pk))
    record("publish", by=None, city=chain, subject="通报")
    kept = chain_head(chain)

    _sql("DELETE FROM schools_auditentry WHERE action = 'publish'")
    assert "链尾被截断" in verify()[0]
    earlier.save()

    assert verify() == []
    assert "更早的状态" in verify(chain, kept)[0]


def test_verify_while_somebody_writes_raises_no_false_alarm(chain, monkeypatch):
    read = audit.stored_rows

    def written_meanwhile(city):
        monkeypatch.setattr(audit, "stored_rows", read)
        record("move", by=None, city=chain, subject="同时")
        return read(city)

    monkeypatch.setattr(audit, "stored_rows", written_meanwhile)

    assert verify() == []


def test_command_on_a_whole_chain_says_so_and_on_a_broken_one_lists_every_row(chain):
    out = StringIO()
    call_command("verify_audit", head=chain_head(chain), city="T1", stdout=out)
    end = f"{chain.name}的链尾，请抄到本机以外保管：{chain_head(chain)}"
    assert out.getvalue().splitlines() == ["审计链完好，共 30 条。", end]

    _sql("UPDATE schools_auditentry SET detail = '{}' WHERE number IN (2, 5) AND city_id IS NOT NULL")
    out = StringIO()
    with pytest.raises(CommandError, match="2 处问题") as failure:
        call_command("verify_audit", stdout=out)
    assert failure.value.returncode == 1
    assert "第 2 条" in out.getvalue()
    assert "第 5 条" in out.getvalue()


@pytest.mark.parametrize("arguments", [{"head": "abc"}, {"head": "3:xyz"}, {"city": "nowhere"}])
def test_command_with_a_wrong_argument_answers_with_a_sentence(chain, arguments):
    with pytest.raises(CommandError, match=r"。|写成"):
        call_command("verify_audit", **arguments)


@pytest.mark.parametrize("number", [250, pytest.param(2000, marks=pytest.mark.deep)])
def test_random_tamperings_of_the_lines_are_all_found(chain, number):
    rows = [dict(row) for row in stored_rows(chain)]
    old_end = _end(chain)
    record("publish", by=None, city=chain, subject="通报")
    whole, end, kept = [dict(row) for row in stored_rows(chain)], _end(chain), chain_head(chain)
    dice = random.Random(20261120)
    assert _faults(chain, whole, end, kept) == []

    for _ in range(number):
        changed, claimed = _tamper(dice, [dict(row) for row in whole], end, len(rows), old_end)
        assert _faults(chain, changed, claimed, kept), changed


def test_random_tamperings_of_the_tables_are_all_found(chain):
    kept = chain_head(chain)
    dice = random.Random(7)
    done = 0
    for _ in range(150):
        try:
            with transaction.atomic():
                changed = _tamper_table(dice)
                faults = verify(chain, kept) + verify()
                transaction.set_rollback(True)
        except DatabaseError:
            continue  # the database itself refused the edit
        if changed:
            assert faults, changed
            done += 1
    assert done >= 80
    assert verify(chain, kept) == []


def _faults(city, rows, end, kept):
    checker = Checker(kept)
    checker.check(city.name, audit.chain_key(city.pk), rows, end)
    return checker.finish()


def _end(city):
    head = ChainHead.objects.get(chain=audit.chain_key(city.pk))
    return head.number, head.hash, head.seal


def _tamper(dice, rows, end, old_length, old_end):
    """One way of falsifying; rows come back in order of number, as a database would hand them over."""
    kind = dice.choice(
        ["edit", "edit", "edit", "delete", "insert", "swap", "cut", "cut and claim", "roll back", "forge"]
    )
    place = dice.randrange(len(rows))
    row = rows[place]
    if kind == "edit":
        name = dice.choice(audit.STORED)
        row[name] = _edited(dice, row[name])
    elif kind == "delete":
        del rows[place]
    elif kind == "insert":
        rows.insert(place, dict(row))
    elif kind == "swap":
        other = rows[(place + 1 + dice.randrange(len(rows) - 1)) % len(rows)]
        name = dice.choice(["number", "everything but number"])
        for column in ["number"] if name == "number" else [one for one in audit.STORED if one != "number"]:
            row[column], other[column] = other[column], row[column]
    elif kind == "cut":
        del rows[place:]
    elif kind == "cut and claim":
        del rows[max(place, 1) :]
        end = (rows[-1]["number"], rows[-1]["hash"], end[2])
    elif kind == "roll back":
        del rows[old_length:]
        end = old_end
    else:
        row["subject"] = "伪造"
        row["hash"] = _guessed(row)
    return sorted(rows, key=lambda one: str(one["number"]).zfill(9)), end


def _guessed(row) -> str:
    with override_settings(AUDIT_KEY="guessed key"):
        return audit.entry_hash(row["previous"], row)


def _edited(dice, value):
    if isinstance(value, datetime):
        return value.replace(microsecond=(value.microsecond + dice.randrange(1, 10**6)) % 10**6)
    if value is None or isinstance(value, int):
        return (value or 0) + dice.randrange(1, 99)
    place = dice.randrange(len(value) + 1)
    return (
        value[:place]
        + chr((ord(value[place]) if place < len(value) else 0) ^ (1 << dice.randrange(7)))
        + value[place + 1 :]
    )


def _tamper_table(dice):
    """One statement against the tables; returns what was done, "" when it happened to change nothing."""
    number = dice.randrange(1, 31)
    where = f"city_id IS NOT NULL AND number = {number}"
    kind = dice.choice(["edit"] * 7 + ["delete", "copy", "swap", "cut"])
    if kind == "edit":
        return _edit_table(dice, dice.choice(EDITED_COLUMNS), where)
    if kind == "delete":
        return _sql(f"DELETE FROM schools_auditentry WHERE {where}")
    if kind == "copy":
        columns = [name for name in EDITED_COLUMNS if name not in ("hash", "number")]
        return _sql(
            f"INSERT INTO schools_auditentry (hash, number, {', '.join(columns)}) "
            f"SELECT '{'f' * 64}', number + 500, {', '.join(columns)} FROM schools_auditentry WHERE {where}"
        )
    if kind == "swap":
        other = number % 30 + 1
        _sql(f"UPDATE schools_auditentry SET number = 9999 WHERE {where}")
        _sql(
            f"UPDATE schools_auditentry SET number = {number} WHERE city_id IS NOT NULL AND number = {other}"
        )
        return _sql(f"UPDATE schools_auditentry SET number = {other} WHERE number = 9999")
    return _sql(f"DELETE FROM schools_auditentry WHERE city_id IS NOT NULL AND number >= {number}")


def _edit_table(dice, column, where):
    if connection.vendor == "postgresql" and column in ("number", "city_id", "user_id"):
        return _sql(f"UPDATE schools_auditentry SET {column} = {column} + 1000 WHERE {where}")
    if connection.vendor == "postgresql" and column == "at":
        return _sql(f"UPDATE schools_auditentry SET at = at + interval '1 microsecond' WHERE {where}")
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {column} FROM schools_auditentry WHERE {where}")
        before = str(cursor.fetchone()[0]).encode()
        place = dice.randrange(len(before) or 1)
        edited = bytearray(before or b" ")
        edited[place] ^= 1 << dice.randrange(7)
        if connection.vendor == "sqlite":
            cursor.execute(
                f"UPDATE schools_auditentry SET {column} = CAST(%s AS TEXT) WHERE {where}", [bytes(edited)]
            )
        else:
            cursor.execute(
                f"UPDATE schools_auditentry SET {column} = %s WHERE {where}",
                [edited.decode("utf-8", "replace")],
            )
    return f"{column} {before!r} → {bytes(edited)!r}"


def _sql(statement):
    with connection.cursor() as cursor:
        cursor.execute(statement)
    return statement

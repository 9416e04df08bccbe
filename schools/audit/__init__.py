"""Write the audit trail and find out whether anybody has touched it.

h(n) = HMAC-SHA256(key, h(n−1) ‖ canonical JSON of all other fields); the key lives outside the database.
"""

import datetime as dt
import hashlib
import hmac
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from itertools import groupby
from typing import Any

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection, transaction
from django.db.models import F, TextField
from django.db.models.functions import Cast
from django.utils import timezone

from schools.models import AuditEntry, ChainHead, Region, User
from schools.saving import hold
from schools.site.contributions import contributed
from schools.workbooks import clean_text

GENESIS = "0" * 64
#: Seconds by which an entry may be older than the one before: it was dated before it waited for its turn.
CLOCK_SLACK = dt.timedelta(minutes=5)
EVERY_CHAIN = object()
SYSTEM_CHAIN, SYSTEM = "system", "系统"

# What the trail calls each act. One table, so that an auditor meets one word for one thing.
ACTIONS: dict[str, str] = {
    "sign_in": "登录",
    "sign_in_failed": "登录失败",
    "lock_out": "登录锁定",
    "sign_out": "退出",
    "signature_failed": "签名密码错误",
    "password_change": "修改密码",
    "password_reset": "重置密码",
    "account": "账号变更",
    "appointment": "任职变更",
    "two_people": "重要账号双人办理",
    "import": "导入",
    "export": "导出",
    "correct": "数据更正",
    "maintain": "数据维护",
    "void": "作废",
    "plan": "培训计划",
    "scheme": "评定方案变更",
    "open": "启动评定",
    "opening_notice": "印发启动通知",
    "erratum": "方案勘误",
    "extend": "延长期限",
    "move": "流转",
    "adjust": "核定",
    "panel": "评委组变更",
    "sheet": "评委评分表",
    "restrict": "限制性情形认定",
    "reveal": "查看本组评委评分",
    "meeting": "评委会会议",
    "propose": "登记待确认的审定",
    "send_back": "退回审定登记",
    "decide": "审定意见",
    "settle": "审定",
    "run_year": "由工作簿完成年度评定",
    "replace_year": "清除原导入年度",
    "load_demo": "载入演示数据",
    "reopen": "撤回审定",
    "publish": "发布通报",
    "backup": "备份",
    "restore": "恢复",
}

HASHED = (
    "city",
    "number",
    "at",
    "user",
    "user_label",
    "role_label",
    "action",
    "action_label",
    "subject",
    "detail",
)
STORED = ("hash", "previous", *HASHED)
#: Where a field of the entry has another name than its column.
COLUMNS = {"city": "city_id", "user": "user_id"}


def record(
    action: str,
    *,
    by: User | None,
    city: Region | None,
    subject: str,
    detail: Mapping[str, Any] | None = None,
    at: dt.datetime | None = None,
) -> AuditEntry:
    """Append one act to the chain of the city, or of the system when there is none.

    Call it last in the transaction of the act: it holds the end of the chain until commit, and everybody
    waits for it.
    """
    if action not in ACTIONS:
        raise ValueError(f"审计操作“{action}”没有登记")
    fields = {
        **_person(by),
        "city": city and city.pk,
        "at": at or timezone.now(),
        "action": action,
        "action_label": ACTIONS[action],
        "subject": clean_text(subject)[:300],
        "detail": canonical(detail or {}),
    }
    with transaction.atomic(savepoint=False):
        head = hold_chain(city)
        fields["number"] = head.number + 1
        digest = entry_hash(head.hash, fields)
        stored = {COLUMNS.get(name, name): value for name, value in fields.items()}
        entry = AuditEntry.objects.create(hash=digest, previous=head.hash, **stored)
        head.number, head.hash = entry.number, entry.hash
        head.seal = seal_of(head.chain, head.number, head.hash)
        head.save(update_fields=["number", "hash", "seal"])
    return entry


def _person(by: User | None) -> dict[str, Any]:
    if by is None:
        return {"user": None, "user_label": SYSTEM, "role_label": ""}
    label, role = by.in_full, str(by.identity or "")
    return {"user": by.pk, "user_label": label[:100], "role_label": role[:200]}


def hold_chain(city: Region | None) -> ChainHead:
    """The end of the chain of the city, or of the system, held until commit."""
    key = chain_key(city and city.pk)
    found = hold(ChainHead.objects.filter(chain=key))
    if not found:
        ChainHead.objects.get_or_create(chain=key, defaults={"hash": GENESIS})
        found = hold(ChainHead.objects.filter(chain=key))
    return found[0]


def chain_head(city: Region | None) -> str:
    """The end of a chain as `n:hash`, to be printed where the database cannot reach it; "" for a chain not
    begun.
    """
    return str(ChainHead.objects.filter(chain=chain_key(city and city.pk)).first() or "")


def chain_ends(city: Region | object = EVERY_CHAIN) -> list[tuple[str, str]]:
    """The chain of the city, or every chain, by name with its end; the system's comes first."""
    cities = [city] if city is not EVERY_CHAIN else Region.objects.cities()
    names = {chain_key(region.pk): region.name for region in cities}
    if city is EVERY_CHAIN:
        names = {SYSTEM_CHAIN: SYSTEM} | names
    heads = {head.chain: str(head) for head in ChainHead.objects.all()}
    return [(name, heads[chain]) for chain, name in names.items() if chain in heads]


@dataclass(frozen=True)
class Witness:
    """Rows that acts of a city left in other tables, each of which wrote one of these actions into its chain
    at least once.
    """

    city: int | None
    word: str
    count: int
    actions: tuple[str, ...]


@dataclass(frozen=True)
class Findings:
    """`faults` are what nobody but a forger or a damaged disk does; `remarks` are to be explained."""

    faults: list[str]
    remarks: list[str]


def verify(city: Region | object | None = EVERY_CHAIN, head: str | None = None) -> list[str]:
    """Every fault of one chain (None: the system's) or of all, as Chinese lines; empty when all is well.

    `head` is an `n:hash` kept outside: only it can tell that the whole end of a chain, seal included, was put
    back to an earlier state.
    """
    return examine(city, head).faults


def examine(city: Region | object | None = EVERY_CHAIN, head: str | None = None) -> Findings:
    """Like `verify`, with what is remarkable besides: clocks that were set back."""
    before = _ends()
    found = _walk(city, head, before)
    if found.faults and _ends() != before:
        # Somebody wrote while the rows were read; looked at again with the ends held still.
        with transaction.atomic():
            found = _walk(city, head, _ends(locked=True))
    return found


def _unwitnessed(city: Region | object | None, names: Mapping[str, str]) -> Iterator[str]:
    """A trail that was taken away whole, head and all, is missed by what its acts left elsewhere."""
    written = set(AuditEntry.objects.order_by().values_list("city", "action").distinct())
    wanted = None if city is EVERY_CHAIN else chain_key(getattr(city, "pk", None))
    for witness in (one for provider in contributed("witnesses") for one in provider()):
        chain = chain_key(witness.city)
        told = any((witness.city, action) in written for action in witness.actions)
        if wanted in (None, chain) and not told:
            yield (
                f"【{names.get(chain, chain)}】有{witness.word} {witness.count} 条，审计记录里却没有一条"
                f"“{ACTIONS[witness.actions[0]]}”：审计记录被整段删除过"
            )


def _ends(*, locked: bool = False) -> dict[str, tuple[int, str, str]]:
    rows = ChainHead.objects.all()
    return {head.chain: (head.number, head.hash, head.seal) for head in (hold(rows) if locked else rows)}


def _walk(
    city: Region | object | None, head: str | None, ends: Mapping[str, tuple[int, str, str]]
) -> Findings:
    left = dict(ends)
    names = {chain_key(pk): name for pk, name in Region.objects.values_list("pk", "name")}
    names[SYSTEM_CHAIN] = SYSTEM
    checker = Checker(head)
    wanted = None if city is EVERY_CHAIN else chain_key(getattr(city, "pk", None))
    with _lenient_text():
        for pk, rows in groupby(stored_rows(city), key=lambda row: row["city"]):
            chain = chain_key(pk)
            checker.check(names.get(chain, f"未知的市（{pk}）"), chain, rows, left.pop(chain, None))
    for chain, end in left.items():
        if wanted in (None, chain):
            checker.check(names.get(chain, f"未知的链（{chain}）"), chain, [], end)
    missing = list(_unwitnessed(city, names))
    return Findings([*checker.finish(), *missing], checker.remarks)


class Checker:
    """Walks chains and collects what is wrong; knows nothing of databases."""

    def __init__(self, head: str | None = None):
        self.faults: list[str] = []
        self.remarks: list[str] = []
        self.sought = _parse_head(head) if head else None
        self.found = False

    def check(
        self, name: str, chain: str, rows: Iterable[Mapping[str, Any]], end: tuple[int, str, str] | None
    ) -> None:
        """One chain, its rows in order of number, against the end that the database claims."""
        number, previous, latest = 0, GENESIS, None
        for row in rows:
            self._check_row(name, row, number, previous)
            latest = self._check_clock(name, row, latest)
            number, previous = row["number"], row["hash"]
            if (str(number), previous) == self.sought and entry_hash(row["previous"], row) == previous:
                self.found = True
        if end is None:
            self.faults.append(f"【{name}】缺少链的末端记录")
        elif not hmac.compare_digest(str(end[2]).encode(), seal_of(chain, *end[:2]).encode()):
            self.faults.append(f"【{name}】链的末端记录被改动")
        elif end[:2] != (number, previous):
            self.faults.append(
                f"【{name}】链尾不符：末端记录为第 {end[0]} 条，现有最后一条为第 {number} 条，"
                "链尾被截断或改动"
            )

    def _check_row(self, name: str, row: Mapping[str, Any], before: Any, previous: str) -> None:
        number = row["number"]
        place = f"【{name}】第 {number} 条"
        if not (isinstance(number, int) and isinstance(before, int)):
            self.faults.append(f"{place}：序号无效或前一条序号无效")
        elif number > before + 1:
            missing = f"{before + 1}" if number == before + 2 else f"{before + 1}—{number - 1}"
            self.faults.append(f"【{name}】第 {missing} 条缺失")
        elif number <= before:
            self.faults.append(f"{place}：序号重复或次序不对")
        if entry_hash(row["previous"], row) != row["hash"]:
            self.faults.append(f"{place}：内容与校验值不符，被改动或不是本系统写入")
        elif row["previous"] != previous:
            self.faults.append(f"{place}：与上一条不衔接")

    def _check_clock(self, name: str, row: Mapping[str, Any], before: dt.datetime | None) -> Any:
        """The moment of the row, against that of the one before."""
        at = row["at"]
        if not isinstance(at, dt.datetime):
            return before
        if before is not None and at < before - CLOCK_SLACK:
            was, now = (f"{timezone.localtime(one):%Y-%m-%d %H:%M}" for one in (before, at))
            self.remarks.append(
                f"【{name}】第 {row['number']} 条的时间（{now}）早于前一条（{was}）："
                "服务器的时钟被拨回过，请核对"
            )
        return at

    def finish(self) -> list[str]:
        """All faults; an outside head that stands nowhere in the chains is one."""
        if self.sought and not self.found:
            self.faults.append(
                f"外部留存的链尾第 {self.sought[0]} 条不在现有记录中：记录被截断、替换或恢复到了更早的状态"
            )
        return self.faults


def _parse_head(head: str) -> tuple[str, str]:
    number, separator, digest = head.strip().partition(":")
    if not (separator and re.fullmatch("[0-9]{1,18}", number) and len(digest) == len(GENESIS)):
        raise ValueError("链尾应写成“序号:校验值”，校验值为 64 位")
    return str(int(number)), digest.lower()


def chain_key(city_id: Any) -> str:
    """The name of a chain in ChainHead."""
    return SYSTEM_CHAIN if city_id is None else f"city-{city_id}"


def canonical(value: Any) -> str:
    """JSON with one spelling: sorted keys, no blanks, exact numbers as text."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), cls=_ExactEncoder)


class _ExactEncoder(DjangoJSONEncoder):
    def default(self, o):
        return str(o) if isinstance(o, Fraction) else super().default(o)


def entry_hash(previous: str, fields: Mapping[str, Any]) -> str:
    """The hash that the fields must have after `previous`."""
    values = {name: fields[name] for name in HASHED}
    if isinstance(values["at"], dt.datetime):
        # One spelling for a moment, whichever database kept it.
        values["at"] = values["at"].astimezone(dt.UTC).isoformat(timespec="microseconds")
    return _mac(f"{previous}\n{canonical(values)}")


def seal_of(chain: str, number: Any, digest: str) -> str:
    """What ChainHead must carry beside number and hash."""
    return _mac(canonical(["head", chain, number, digest]))


def _mac(text: str) -> str:
    sealed = text.encode("utf-8", "surrogatepass")
    return hmac.new(settings.AUDIT_KEY.encode(), sealed, hashlib.sha256).hexdigest()


def stored_rows(city: Region | object | None = EVERY_CHAIN) -> Iterator[dict[str, Any]]:
    """The rows as they lie in the tables, chain by chain, in order."""
    entries = AuditEntry.objects.order_by(F("city_id").asc(nulls_first=True), "number", "hash")
    if city is not EVERY_CHAIN:
        entries = entries.filter(city=city) if city else entries.filter(city__isnull=True)
    columns = [COLUMNS.get(name, name) for name in STORED]
    is_sqlite = connection.vendor == "sqlite"
    if is_sqlite:
        # SQLite keeps any text in a date column; it is looked at as it is, because a reader that repairs it
        # hides the edit.
        entries = entries.annotate(at_text=Cast("at", TextField()))
        columns[columns.index("at")] = "at_text"
    for values in entries.values_list(*columns).iterator(chunk_size=2000):
        row = dict(zip(STORED, values, strict=True))
        if is_sqlite:
            row["at"] = _moment(row["at"])
        yield row


def _moment(text: Any) -> dt.datetime | str:
    """The moment SQLite holds in Django's spelling; any other spelling stays a text, whose hash
    cannot fit.
    """
    try:
        moment = dt.datetime.fromisoformat(text)
    except (TypeError, ValueError):
        return f"?{text!r}"
    return moment.replace(tzinfo=dt.UTC) if moment.tzinfo is None and str(moment) == text else f"?{text!r}"


@contextmanager
def _lenient_text() -> Iterator[None]:
    """Damaged UTF-8 in SQLite is read as what it is, instead of ending the check."""
    if connection.vendor != "sqlite":
        yield
        return
    connection.ensure_connection()
    before = connection.connection.text_factory
    connection.connection.text_factory = lambda raw: raw.decode("utf-8", "surrogateescape")
    try:
        yield
    finally:
        connection.connection.text_factory = before

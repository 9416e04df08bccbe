"""What is odd about a school's year, each with the reason in words and numbers; pure, no database.

An oddity is a question to the school, not a verdict: nothing here enters a score.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby
from statistics import median

from .standing import Standing, View

#: Kind and its name in the filter, in the order in which they are shown.
KINDS: dict[str, str] = {
    "report": "月报逾期未确认",
    "plan": "年度计划未备案",
    "idle": "连续两个月没有培训",
    "slow": "计划完成不到一半",
    "money": "经费与办班不符",
    "crowd": "人次超过座位三倍",
    "past": "与本校去年同期相差很大",
    "peers": "与同市其他党校相差很大",
}
FILING_MONTH = 3
HALF_YEAR_MONTH = 7
SEATS_TIMES = 3
#: Below these a share of last year says little: two classes instead of four are no news.
LEAST_BEFORE = {"classes": 4, "attendance": 100, "cost": Decimal(5000)}
SHRUNK, GROWN = Decimal("0.4"), Decimal("2.5")
#: Distance from the median, in usual distances (median absolute deviation, brought to the scale of a standard
#: deviation).
FAR = 3.5
SCALE = 1.4826
LEAST_PEERS = 8
FIGURES = {"classes": ("办班", "期"), "attendance": ("参训", "人次"), "cost": ("支出", "元")}


@dataclass(frozen=True)
class Anomaly:
    """One oddity, told in `text`. `matters` are what reminders are counted by: (key, title), for reports one
    a month.
    """

    kind: str
    text: str
    matters: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Peers:
    """The middle of a city for one figure, and how far schools usually stand from it."""

    figure: str
    middle: float
    usual: float
    number: int


def peers_of(standings: Sequence[Standing], view: View) -> list[Peers]:
    """Middle and usual distance of each figure among the schools in use through all the months compared."""
    whole = [school for school in standings if _comparable(school, view)]
    if len(whole) < LEAST_PEERS:
        return []
    peers = []
    for figure in FIGURES:
        values = [float(getattr(school.compared, figure)) for school in whole]
        middle = median(values)
        usual = median(abs(value - middle) for value in values)
        if usual:
            peers.append(Peers(figure, middle, usual, len(whole)))
    return peers


def _comparable(one: Standing, view: View) -> bool:
    """Whether it was in use through all the months that are compared, and there are any."""
    return view.ended > 0 and one.in_use(view.year, 1) and one.in_use(view.year, view.ended)


def anomalies_of(one: Standing, view: View, peers: Iterable[Peers]) -> list[Anomaly]:
    """Everything odd about one school, in the order of `KINDS`."""
    own = [anomaly for check in (_owed, _idle, _slow, _money, _crowd, _past) for anomaly in check(one, view)]
    return [*own, *_peers(one, view, peers)]


def _owed(one: Standing, view: View) -> Iterator[Anomaly]:
    if one.unreported:
        matters = tuple(
            (f"report:{view.year}-{month:02}", f"{month}月月报未确认") for month in one.unreported
        )
        yield Anomaly("report", f"{month_list(one.unreported)}月报已过应报日期，还没有确认", matters)
    deadline_passed = (view.today.year, view.today.month) > (view.year, FILING_MONTH)
    if deadline_passed and one.filed_on is None and one.in_use(view.year, FILING_MONTH):
        filled = f"计划已填 {one.planned} 期" if one.planned else "计划还没有填"
        text = f"{view.year}年度培训计划应于3月31日前备案，{filled}，没有备案"
        yield Anomaly("plan", text, ((f"plan:{view.year}", f"{view.year}年度计划未备案"),))


def _idle(one: Standing, view: View) -> Iterator[Anomaly]:
    """Runs of two ended months or more without any class, those still running last."""
    idle = [
        month
        for month in range(1, view.ended + 1)
        if not one.months[month - 1] and one.in_use(view.year, month)
    ]
    for first, last in _runs(idle):
        months = month_list(range(first, last + 1))
        # A gap that was closed is shown, but nobody can do anything about it now.
        matters = ((f"idle:{view.year}-{first:02}", f"{months}没有培训"),) if last == view.ended else ()
        yield Anomaly("idle", f"{months}连续 {last - first + 1} 个月没有培训记录", matters)


def month_list(months: Sequence[int]) -> str:
    """3月、4月; a run of more than three as 3—7月."""
    if len(months) > 3 and months[-1] - months[0] + 1 == len(months):
        return f"{months[0]}—{months[-1]}月"
    return "、".join(f"{month}月" for month in months)


def _runs(months: Sequence[int]) -> Iterator[tuple[int, int]]:
    """First and last of each run of two months or more."""
    for _, group in groupby(enumerate(months), key=lambda pair: pair[1] - pair[0]):
        run = [month for _, month in group]
        if len(run) > 1:
            yield run[0], run[-1]


def _slow(one: Standing, view: View) -> Iterator[Anomaly]:
    if view.ended < HALF_YEAR_MONTH or not one.planned or one.done * 2 >= one.planned:
        return
    share = one.done * 100 // one.planned
    text = f"全年计划 {one.planned} 期，到{view.ended}月底完成 {one.done} 期（{share}%），7月底就应过半"
    yield _of_year("slow", view, text)


def _money(one: Standing, view: View) -> Iterator[Anomaly]:
    classes, cost = sum(one.months), one.total.cost
    if classes and not cost:
        text = f"已登记 {classes} 期培训，经费支出合计为 0 元，请核对是否漏填"
    elif cost and not classes:
        text = f"没有培训记录，却登记了 {cost:,.2f} 元支出"
    elif not classes and one.arrived and view.ended >= HALF_YEAR_MONTH:
        text = f"到位经费 {one.arrived:,.2f} 元，到{view.ended}月底没有一期培训、没有支出"
    else:
        return
    yield _of_year("money", view, text)


def _crowd(one: Standing, view: View) -> Iterator[Anomaly]:
    if one.seats and one.largest > one.seats * SEATS_TIMES:
        limit = one.seats * SEATS_TIMES
        text = (
            f"单期最多登记 {one.largest:,} 人次，超过主教室 {one.seats} 个座位的 3 倍（{limit:,}），"
            "请核对人次或座位数"
        )
        yield _of_year("crowd", view, text)


def _past(one: Standing, view: View) -> Iterator[Anomaly]:
    """Figures of the same months of last year, where there were enough of them to compare."""
    if not view.ended or not one.in_use(view.year, 1) or not one.in_use(view.year - 1, 1):
        return
    changes = []
    for figure in FIGURES:
        now, before = Decimal(getattr(one.compared, figure)), Decimal(getattr(one.before, figure))
        if _is_changed(figure, now, before):
            change = (
                f"是去年的 {now / before:.1f} 倍"
                if now > before
                else f"减少 {(before - now) * 100 / before:.0f}%"
            )
            changes.append(f"{_amount(figure, now)}，去年同期 {_amount(figure, before, bare=True)}，{change}")
    if changes:
        yield _of_year("past", view, f"{view.span}{'；'.join(changes)}")


def _is_changed(figure: str, now: Decimal, before: Decimal) -> bool:
    """Far from last year, where that was enough to compare; no spending at all is told on its own."""
    if before < LEAST_BEFORE[figure] or (figure == "cost" and not now):
        return False
    return not before * SHRUNK < now < before * GROWN


def _peers(one: Standing, view: View, peers: Iterable[Peers]) -> Iterator[Anomaly]:
    """Far from the middle of the city, measured by how far schools usually are from it: one giant moves
    neither.
    """
    distances = []
    for peer in peers if _comparable(one, view) else ():
        figure, value = peer.figure, float(getattr(one.compared, peer.figure))
        distance = abs(value - peer.middle)
        times = distance / peer.usual
        side = "高" if value > peer.middle else "低"
        if times > FAR * SCALE and (value or figure != "cost"):  # no spending at all is told on its own
            distances.append(
                f"{_amount(figure, value)}，同市 {peer.number} 所的中位数是 "
                f"{_amount(figure, peer.middle, bare=True)}，各校与它的差距一般在 "
                f"{_amount(figure, peer.usual, bare=True)}左右，"
                f"本校{side}出 {_amount(figure, distance, bare=True)}，是一般差距的 {times:.1f} 倍"
            )
    if distances:
        yield _of_year("peers", view, f"{view.span}{'；'.join(distances)}")


def _of_year(kind: str, view: View, text: str) -> Anomaly:
    """One matter for the whole year, named as in the filter."""
    return Anomaly(kind, text, ((f"{kind}:{view.year}", f"{view.year}年{KINDS[kind]}"),))


def _amount(figure: str, value: float | Decimal, *, bare: bool = False) -> str:
    """参训 1,200 人次; bare: 1,200 人次. Halves of a median are shown."""
    name, unit = FIGURES[figure]
    number = f"{value:,.1f}".removesuffix(".0") if figure != "cost" else f"{value:,.2f}".removesuffix(".00")
    return f"{number} {unit}" if bare else f"{name} {number} {unit}"

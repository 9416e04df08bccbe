"""The national calendar as the `holidays` package has it: statutory days, and exchanged ones once
published.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

#: What the regulation on public holidays gives to everybody, by the names the package uses.
STATUTORY = frozenset({"元旦", "农历除夕", "春节", "清明节", "劳动节", "端午节", "中秋节", "国庆节"})
#: Only days that the State Council exchanged carry this word; the package's own guesses say 补假.
EXCHANGED = "调休"
SATURDAY = 5


@dataclass(frozen=True)
class NationalYear:
    """One calendar year; `rests` and `works` are empty until its arrangement is in the package."""

    statutory: dict[date, str]
    rests: frozenset[date]
    works: frozenset[date]
    is_known: bool

    def is_workday(self, day: date) -> bool:
        """Whether the country works that day, as far as it is known."""
        if day in self.statutory or day in self.rests:
            return False
        return day in self.works or day.weekday() < SATURDAY


@lru_cache(maxsize=64)
def national_year(year: int) -> NationalYear:
    """The year as the package has it, read once; its guesses for years not yet arranged are left out."""
    import holidays  # here, because most starts of the program ask for no day

    own = holidays.country_holidays("CN", years=year, language="zh_CN", expand=False)
    festivals = {day: [name for name in own.get_list(day) if name in STATUTORY] for day in own}
    statutory = {day: "、".join(names) for day, names in festivals.items() if names}
    if not any(EXCHANGED in name for name in own.values()):
        return NationalYear(statutory, frozenset(), frozenset(), is_known=False)
    # The arrangement of the next year may take days of this December.
    both = holidays.country_holidays("CN", years=(year, year + 1), language="zh_CN", expand=False)
    days = [date(year, 1, 1) + timedelta(days=number) for number in range(366)]
    worked = {day for day in days if day.weekday() >= SATURDAY and both.is_working_day(day)}
    return NationalYear(statutory, frozenset(own), frozenset(worked), is_known=True)

"""What stands in a sheet beside the code of a school. The code says which school is meant; a name or a county
that is another's is refused, for nobody can tell which of the two is the slip.
"""

import re
from collections.abc import Collection, Mapping
from typing import Any

from schools.models import School
from schools.workbooks import Column, same

NAME = Column("学校名称", required=False, aliases=("党校名称", "学校", "党校"))
COUNTY = Column("县（市、区）", required=False, aliases=("县市区", "县区", "区县"))
#: 中共榕荫镇委员会党校, 榕荫镇委党校 and 榕荫镇党校 are one school.
OFFICIAL = re.compile("^中共|工作委员会|委员会|党工委|工委|党委|委(?=党校)|党校$")


def columns_beside(own: Collection[Column]) -> list[Column]:
    """Those that the sheet does not fill itself."""
    taken = set().union(*(column.keys for column in own))
    return [column for column in (NAME, COUNTY) if not column.keys & taken]


def contradiction(school: School, row: Mapping[str, Any], own: Collection[str]) -> str:
    """What is wrong where the row calls the school of its code otherwise; "" where it does not."""
    county = str(school.county or "")
    for heading, is_so in ((NAME.heading, _is_called), (COUNTY.heading, _is_in)):
        text = "" if heading in own else str(row.get(heading) or "")
        if text and not is_so(school, text, same(county)):
            called = f"编码“{school.code}”是{county}“{school}”"
            return f"{called}，{heading}却写着“{text[:40]}”，请核对是哪一所"
    return ""


def _is_called(school: School, text: str, county: str) -> bool:
    places = [
        OFFICIAL.sub("", same(name).removeprefix(county)) for name in (text, school.name, school.short_name)
    ]
    return not places[0] or places[0] in places[1:]


def _is_in(school: School, text: str, county: str) -> bool:
    return not county or same(text) in (county, county[:-1])

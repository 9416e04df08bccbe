"""What is wrong with a workbook, told in the words of the person who filled it in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

SHOWN_PROBLEMS = 200


class CellError(ValueError):
    """One cell does not hold what its column asks for; the text says what was expected."""

    @property
    def reason(self) -> str:
        """The Chinese sentence, without the place: the caller knows row and column."""
        return str(self)


@dataclass(frozen=True)
class Problem:
    """One remark with its place; row is the number seen in the margin of the sheet."""

    workbook: str
    sheet: str
    row: int | None
    column: str | None
    reason: str

    def __str__(self) -> str:
        place = self.workbook
        if self.sheet:
            place += f"「{self.sheet}」"
        if self.row is not None:
            place += f"第 {self.row} 行"
        if self.column:
            place += f"「{self.column}」"
        return f"{place}：{self.reason}"


class WorkbookError(ValueError):
    """A workbook cannot be used. str() is the whole report, one problem a line."""

    def __init__(self, problems: list[Problem]):
        self.problems = problems
        super().__init__(problems)

    def __str__(self) -> str:
        lines = [str(problem) for problem in self.problems[:SHOWN_PROBLEMS]]
        hidden = len(self.problems) - len(lines)
        if hidden:
            lines.append(f"另有 {hidden} 处问题未列出，请先改正以上各处。")
        return "\n".join(lines)


@dataclass
class Problems:
    """Collects remarks while rows are read, so that a person gets all of them at once."""

    workbook: str
    sheet: str = ""
    found: list[Problem] = field(default_factory=list)

    def add(self, row: int | None, column: str | None, reason: str) -> None:
        """Note one remark; reading goes on."""
        self.found.append(Problem(self.workbook, self.sheet, row, column, reason))

    def for_sheet(self, sheet: str) -> Problems:
        """The same collection, placing what is added next in another sheet."""
        return Problems(self.workbook, sheet, self.found)

    def raise_if_any(self) -> None:
        """Refuse the workbook when anything was noted, in whichever sheet."""
        if self.found:
            raise WorkbookError(list(self.found))

    def __bool__(self) -> bool:
        return bool(self.found)

    def __len__(self) -> int:
        return len(self.found)

    def __iter__(self) -> Iterator[Problem]:
        return iter(self.found)

"""Controls of the small forms, alone and in rows."""

from __future__ import annotations

from dataclasses import dataclass

from ratings.rules.parsing import MAX_LENGTH

#: Longest text of one field: what a whole line may hold.
LONGEST = MAX_LENGTH


@dataclass(frozen=True)
class Control:
    """One control with its label, its text and what is wrong with it."""

    id: str
    name: str
    label: str
    value: str
    error: str = ""
    hint: str = ""
    width: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    suggests: bool = False
    is_box: bool = False
    is_long: bool = False
    longest: int = LONGEST


@dataclass(frozen=True)
class RowOfControls:
    """One line, or one metric of a 档, with the orders of its buttons."""

    part: int
    number: int
    controls: tuple[Control, ...]

    @property
    def leading(self) -> tuple[Control, ...]:
        """Of a metric: its name, and whether people type it."""
        return self.controls[:2]

    @property
    def limiting(self) -> tuple[Control, ...]:
        """Of a metric: which records count."""
        return self.controls[2:]

    @property
    def is_limited(self) -> bool:
        return any((control.value and not control.choices) or control.error for control in self.limiting)

    @property
    def said(self) -> str:
        return str(self.number + 1)

    @property
    def up(self) -> str:
        return f"row-up:{self.part}:{self.number}"

    @property
    def down(self) -> str:
        return f"row-down:{self.part}:{self.number}"

    @property
    def drop(self) -> str:
        return f"drop-row:{self.part}:{self.number}"

    @property
    def drop_subject(self) -> str:
        return f"drop-subject:{self.part}:{self.number}"

    @property
    def up_said(self) -> str:
        return f"第 {self.part + 1} 部分第 {self.said} 行上移"

    @property
    def down_said(self) -> str:
        return f"第 {self.part + 1} 部分第 {self.said} 行下移"

    @property
    def drop_said(self) -> str:
        return f"第 {self.part + 1} 部分第 {self.said} 行删除"

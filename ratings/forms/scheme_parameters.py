"""The 方案 page of a draft: every parameter of the year with a plain explanation, and the form of a new scheme."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

from crispy_forms.helper import FormHelper
from django import forms

from ratings.criteria.fields import PARTS, Deadlines, Parameters, fields_of
from ratings.criteria.kinds import Day, Share, TypedField
from ratings.models import Scheme

from .scheme_rows import EditForm, form_for

#: Shown only where a county stage exists.
COUNTY_ONLY = ("county_weight", "county_due")
FIELDS = sorted(
    (field for field in (*fields_of(Parameters), *fields_of(Deadlines)) if field.part), key=lambda field: PARTS.index(field.part)
)


class ParametersEditForm(EditForm):
    """What says how the year runs, and when it is due."""

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        year = self.data.get("year", "") if self.is_bound else ""
        for field in self.fields.values():
            if isinstance(field, TypedField) and isinstance(field.kind, Day):
                field.options = {"year": int(year) if year.isdecimal() and len(year) == 4 else self.scheme.year}

    @property
    def parts(self) -> list[tuple[str, list]]:
        """The fields under their headings."""
        return [(part, [self[field.column] for field in FIELDS if field.part == part]) for part in PARTS]

    @property
    def has_county(self) -> bool:
        """What the page shows before any script runs."""
        return str(self["has_county_stage"].value()) == str(True)

    def clean(self) -> dict[str, Any]:
        """Weights make 100 %, days follow each other; what a scheme without county stage does not have is dropped."""
        data = super().clean()
        if data.get("has_county_stage") is False:
            data |= {"county_weight": Decimal(0), "city_weight": Decimal(1), "county_due": None}
            for name in COUNTY_ONLY:
                self._errors.pop(name, None)
            self._errors.pop("city_weight", None)
        elif not {"county_weight", "city_weight"} & self._errors.keys():
            self._weights(data)
        data["bonus_floor"] = data.get("bonus_floor") or Decimal(0)
        self._days(data)
        return data

    def _weights(self, data: dict[str, Any]) -> None:
        county, city = data.get("county_weight"), data.get("city_weight")
        if county is None and city is None:
            county = Decimal(0)
        county = 1 - city if county is None else county
        city = 1 - county if city is None else city
        if county + city != 1:
            self.add_error("city_weight", f"县初评权重与评审权重之和应为 100%，现为 {Share().typed(Fraction(county + city))}。")
        data["county_weight"], data["city_weight"] = county, city

    def _days(self, data: dict[str, Any]) -> None:
        start, end = data.get("period_start"), data.get("period_end")
        if start and end and start > end:
            self.add_error("period_end", "统计截止日早于统计起始日。")
        earlier = None
        for name in ("self_due", "county_due", "city_due"):
            day = data.get(name)
            if day and earlier and day < earlier[1]:
                self.add_error(name, f"早于{earlier[0]}。")
            earlier = (self.fields[name].label, day) if day else earlier


ParametersForm = form_for(Scheme, FIELDS, ParametersEditForm)


class NewSchemeForm(forms.Form):
    """The three things a new scheme needs; everything else has a usual value."""

    year = forms.IntegerField(label="年度", min_value=2000, max_value=2100, help_text="评定哪一年的工作。")
    name = forms.CharField(label="名称", max_length=120, help_text="写在通知、通报和各种表格上的方案名称。")
    organiser = forms.CharField(label="主办单位", max_length=120)

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.helper = FormHelper()
        self.helper.form_tag = False

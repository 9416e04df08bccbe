"""Editing the rows of a draft: what is written, what is refused, and that nobody's work is lost."""

import json

import pytest
from django.core.exceptions import ValidationError

from ratings.criteria.years import notes_of, write_notes
from ratings.drafting.rows import (
    Section,
    add_row,
    change_row,
    move_group,
    move_row,
    next_code,
    remove_row,
    rename_group,
    start_scheme,
)
from ratings.enums import Phase
from ratings.models import Category, CustomMetric, Item, Restriction, Scheme, StarBand
from schools.models import AuditEntry
from schools.saving import Refused, Stale
from tests.ratings.drafts import draft_year
from tests.ratings.races import at_once, meet

pytestmark = [pytest.mark.engine, pytest.mark.django_db]


@pytest.fixture
def draft(city):
    return draft_year(city)


@pytest.fixture
def editor(appoint):
    return appoint("office")


def item_values(draft, **changes):
    return {
        "code": "K2",
        "name": "新项",
        "category": draft.categories.get(code="K"),
        "points": 5,
        "rule": "分(0—5)",
        **changes,
    }


def codes(draft):
    return list(draft.items.values_list("code", flat=True))


def test_a_new_item_stands_at_the_end_of_its_category(draft, editor):
    add_row(draft, Item, item_values(draft), by=editor)

    assert codes(draft) == ["K1", "K2", "L1", "M1"]


def test_a_bonus_item_stands_after_all_base_items(draft, editor):
    add_row(draft, Item, item_values(draft, kind="bonus", code="W1"), by=editor)
    add_row(draft, Item, item_values(draft), by=editor)

    assert codes(draft) == ["K1", "K2", "L1", "M1", "W1"]


@pytest.mark.parametrize("taken", ["K", "K1", "Y1"])
def test_a_code_is_used_once_in_the_scheme(draft, editor, taken):
    with pytest.raises(ValidationError, match="已经用过"):
        add_row(draft, Item, item_values(draft, code=taken), by=editor)

    assert draft.items.count() == 3


def test_a_change_raises_the_version_and_names_who_made_it(draft, editor):
    item = draft.items.get(code="L1")

    change_row(item, {"name": "听评课", "points": 25}, version=0, by=editor)

    item.refresh_from_db()
    assert (item.name, item.points, item.version, item.edited_by) == ("听评课", 25, 1, editor)
    entry = AuditEntry.objects.latest("number")
    assert "修改：" in entry.subject
    assert json.loads(entry.detail) == {"小项名称": ["听课", "听评课"], "分值": ["30.00", "25"]}


def test_what_somebody_saved_in_between_is_not_overwritten(draft, editor, appoint):
    item = draft.items.get(code="L1")
    change_row(item, {"name": "同事的名称"}, version=0, by=editor)

    with pytest.raises(Stale) as refused:
        change_row(item, {"name": "我的名称"}, version=0, by=appoint("chair"))

    assert refused.value.current.name == "同事的名称"
    assert "office某刚修改过" in str(refused.value)
    assert Item.objects.get(pk=item.pk).name == "同事的名称"


def test_two_people_who_wrote_the_same_do_not_conflict(draft, editor):
    item = draft.items.get(code="L1")
    change_row(item, {"name": "听评课"}, version=0, by=editor)

    assert change_row(item, {"name": "听评课"}, version=0, by=editor).version == 1


def test_a_row_deleted_meanwhile_is_said_to_be_gone(draft, editor):
    item = draft.items.get(code="L1")
    remove_row(Item.objects.get(pk=item.pk), version=0, by=editor)

    with pytest.raises(Refused, match="删除"):
        change_row(item, {"name": "听评课"}, version=0, by=editor)


def test_what_was_changed_since_it_was_looked_at_is_not_deleted(draft, editor):
    item = draft.items.get(code="L1")
    change_row(item, {"name": "刚改好"}, version=0, by=editor)

    with pytest.raises(Stale):
        remove_row(item, version=0, by=editor)

    assert Item.objects.filter(pk=item.pk).exists()


def test_a_category_with_items_stays(draft, editor):
    category = draft.categories.get(code="K")
    with pytest.raises(Refused, match="还有 1 个小项"):
        remove_row(category, version=0, by=editor)

    remove_row(draft.items.get(code="K1"), version=0, by=editor)
    remove_row(category, version=0, by=editor)
    assert not Category.objects.filter(pk=category.pk).exists()


def test_conditions_follow_a_code_that_changes(draft, editor):
    band = StarBand.objects.create(scheme=draft, star=2, condition="总分≥60 且 K1≥20 且 K≥20")
    restriction = Restriction.objects.create(
        scheme=draft, code="Y2", name="少", trigger="condition", condition="K1<5", effect="最高三星"
    )

    change_row(draft.items.get(code="K1"), {"code": "K9"}, version=0, by=editor)

    band.refresh_from_db()
    restriction.refresh_from_db()
    assert (band.condition, band.version) == ("总分≥60 且 K9≥20 且 K≥20", 1)
    assert restriction.condition == "K9<5"


def test_the_note_on_a_change_follows_a_code_that_changes(draft, editor):
    write_notes(draft, {"item:K1": "压减办班数量要求", "item:L1": "突出听课"}, by=editor)

    change_row(draft.items.get(code="K1"), {"code": "K9"}, version=0, by=editor)
    change_row(draft.items.get(code="L1"), {"name": "听评课"}, version=0, by=editor)

    assert notes_of(draft) == {"item:K9": "压减办班数量要求", "item:L1": "突出听课"}


def test_items_move_within_their_group_and_categories_take_their_items_along(draft, editor):
    add_row(draft, Item, item_values(draft), by=editor)

    assert move_row(draft.items.get(code="K2"), up=True, by=editor)
    assert not move_row(draft.items.get(code="K2"), up=True, by=editor)
    assert not move_row(draft.items.get(code="K1"), up=False, by=editor)
    assert codes(draft) == ["K2", "K1", "L1", "M1"]

    move_row(draft.categories.get(code="K"), up=False, by=editor)
    assert codes(draft) == ["L1", "K2", "K1", "M1"]
    assert list(draft.categories.values_list("code", flat=True)) == ["L", "K", "M"]


@pytest.mark.parametrize(
    ("model", "values"),
    [
        (CustomMetric, [{"name": "甲"}, {"name": "乙"}]),
        (
            Restriction,
            [
                {"code": "Z1", "name": "甲", "effect": "不授星"},
                {"code": "Z2", "name": "乙", "effect": "不授星"},
            ],
        ),
    ],
)
def test_the_smaller_tables_have_an_order_too(draft, editor, model, values):
    model.objects.filter(scheme=draft).delete()
    first, second = (add_row(draft, model, one, by=editor) for one in values)

    move_row(second, up=True, by=editor)

    assert [row.pk for row in model.objects.filter(scheme=draft)] == [second.pk, first.pk]


def test_a_group_is_renamed_moved_and_dissolved_as_a_whole(draft, editor):
    for code, group in (("K2", "二组"), ("K3", "三组"), ("K4", "二组")):
        add_row(draft, Item, item_values(draft, code=code, group=group), by=editor)
    where = Section(draft.categories.get(code="K"))
    assert codes(draft)[:4] == ["K1", "K2", "K4", "K3"]

    move_group(draft, where, "三组", up=True, by=editor)
    assert codes(draft)[:4] == ["K1", "K3", "K2", "K4"]

    assert rename_group(draft, where, "二组", "乙组", by=editor) == 2
    assert set(draft.items.filter(group="乙组").values_list("code", "version")) == {("K2", 1), ("K4", 1)}
    with pytest.raises(Refused, match="已经有分组"):
        rename_group(draft, where, "乙组", "三组", by=editor)
    rename_group(draft, where, "乙组", "", by=editor)
    assert not draft.items.filter(group="乙组").exists()


def test_the_cap_of_a_bonus_group_follows_its_name(draft, editor):
    add_row(draft, Item, item_values(draft, code="W1", kind="bonus", group="课题"), by=editor)
    Scheme.objects.filter(pk=draft.pk).update(bonus_group_caps={"课题": "2"})

    rename_group(draft, Section(None), "课题", "科研", by=editor)

    assert Scheme.objects.get(pk=draft.pk).bonus_group_caps == [["科研", "2"]]


@pytest.mark.parametrize(
    ("near", "following"),
    [("K1", "K2"), ("A1-9", "A1-10"), ("K", "N"), ("B", "C"), ("办班", "办班-1"), ("", "")],
)
def test_the_next_code_is_free(draft, near, following):
    assert next_code(draft, near) == following


@pytest.mark.parametrize("phase", [phase for phase in Phase if phase != Phase.DRAFTING])
def test_nothing_is_edited_once_the_scheme_is_open(draft, editor, phase):
    item, category = draft.items.get(code="K1"), draft.categories.get(code="K")
    public = {"published_at": "2030-12-28T00:00:00Z"} if phase in (Phase.PUBLISHED, Phase.ARCHIVED) else {}
    Scheme.objects.filter(pk=draft.pk).update(phase=phase, **public)
    acts = [
        lambda: add_row(draft, Item, item_values(draft), by=editor),
        lambda: change_row(item, {"name": "改"}, version=0, by=editor),
        lambda: change_row(draft, {"name": "改"}, version=0, by=editor),
        lambda: remove_row(item, version=0, by=editor),
        lambda: move_row(category, up=False, by=editor),
        lambda: rename_group(draft, Section(category), "", "组", by=editor),
        lambda: move_group(draft, Section(category), "", up=True, by=editor),
    ]

    for act in acts:
        with pytest.raises(Refused, match="内容已经锁定"):
            act()

    assert codes(draft) == ["K1", "L1", "M1"]
    assert not AuditEntry.objects.exists()


def test_a_city_has_one_scheme_a_year(draft, city, editor):
    with pytest.raises(ValidationError, match="已有评定方案"):
        start_scheme(city, year=2030, name="又一个", organiser="组织部", by=editor)


# Two at once


def edit_at_once(draft, people):
    """Both opened the item at the same version and save it at the same moment."""
    item = draft.items.get(code="L1")
    version = item.version
    return at_once(
        *(
            lambda who=who: change_row(item, {"name": f"{who.name}的第{version}稿"}, version=version, by=who)
            for who in people
        )
    )


def one_saved_one_told(draft, found):
    """Exactly one name is stored, and who was refused was shown it."""
    stored = draft.items.get(code="L1").name
    saved = [one for one in found if isinstance(one, Item)]
    told = [one for one in found if isinstance(one, Stale)]
    return len(saved) == len(told) == 1 and saved[0].name == stored == told[0].current.name


@pytest.mark.django_db(transaction=True)
def test_of_two_who_save_at_once_one_is_told(city, appoint):
    draft, people = draft_year(city), [appoint("office"), appoint("chair")]

    for _ in range(3):
        assert one_saved_one_told(draft, edit_at_once(draft, people))


@pytest.mark.django_db(transaction=True)
def test_without_the_lock_one_overwrites_the_other(city, appoint, unlocked, monkeypatch):
    draft, people = draft_year(city), [appoint("office"), appoint("chair")]
    meet(monkeypatch, ("ratings.drafting.rows", "_validate"))
    unlocked(Scheme, Item)  # the scheme is held, and the row again by the versioned save

    assert not one_saved_one_told(draft, edit_at_once(draft, people))

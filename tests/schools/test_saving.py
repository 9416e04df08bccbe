"""The one refusal and the two ways of showing it."""

import pytest
from django import forms
from django.contrib.messages import get_messages
from django.contrib.messages.storage.fallback import FallbackStorage
from django.core.exceptions import ValidationError
from django.test import RequestFactory

from schools.refusals import Conflict, RecheckedForm, refusals_as_messages, refusals_in, turned_away
from schools.saving import Refused, Stale, digest, refuse


class NoteForm(RecheckedForm, forms.Form):
    text = forms.CharField(label="说明", required=False)
    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    def contents(self, current):
        return {"说明": current}, {"说明": self.cleaned_data["text"]}

    def fresh(self, current):
        return {"seen": digest(current)}


@pytest.fixture
def form() -> NoteForm:
    """Filled in, valid, made from what is no longer stored."""
    form = NoteForm({"text": "我的", "seen": digest("从前的")}, prefix=None)
    assert form.is_valid()
    return form


@pytest.fixture
def request_of():
    """A request as views get it, with messages."""

    def make(method: str):
        request = getattr(RequestFactory(), method)("/")
        request.session = {}
        request._messages = FallbackStorage(request)
        return request

    return make


@pytest.mark.parametrize(
    ("reasons", "said"),
    [
        ("一。", ["一。"]),
        (["一。", "二。"], ["一。", "二。"]),
        ({"text": ["一。", "二。"], "__all__": ["三。"]}, ["一。", "二。", "三。"]),
    ],
)
def test_a_refusal_keeps_every_reason_in_order(reasons, said):
    refused = Refused(reasons)

    assert refused.reasons == said
    assert str(refused) == "\n".join(said)


def test_only_reasons_that_say_something_refuse():
    refuse("", "")
    with pytest.raises(Refused) as refused:
        refuse("", "已截止。", "", "请写明理由。")
    assert refused.value.reasons == ["已截止。", "请写明理由。"]


def test_a_conflict_names_who_was_faster_if_the_row_knows():
    class Row:
        updated_by = "李某"

    assert "李某刚修改过这里，您的内容还没有保存" in str(Stale(Row()))
    assert "别人刚修改过这里" in str(Stale({}))


@pytest.mark.parametrize(
    ("refused", "field", "errors"),
    [
        (Refused("不行。"), None, {"__all__": ["不行。"]}),
        (Refused("不行。"), "text", {"text": ["不行。"]}),
        (
            Refused({"text": "太短。", "elsewhere": "没有这一栏。"}),
            None,
            {"text": ["太短。"], "__all__": ["没有这一栏。"]},
        ),
        (ValidationError(["一。", "二。"]), None, {"__all__": ["一。", "二。"]}),
    ],
)
def test_every_reason_stands_at_its_field_and_what_was_typed_stays(form, refused, field, errors):
    with refusals_in(form, field):
        raise refused

    assert form.errors == errors
    assert form.refused is refused
    assert form["text"].value() == "我的"


def test_a_conflict_shows_both_contents_and_the_next_save_starts_from_what_is_stored(form):
    with refusals_in(form):
        raise Stale("别人的")

    assert form.conflict == Conflict.between(Stale("别人的"), {"说明": "别人的"}, {"说明": "我的"})
    assert [(one.label, one.theirs, one.mine) for one in form.conflict.differences] == [
        ("说明", "别人的", "我的")
    ]
    assert (form["text"].value(), form["seen"].value()) == ("我的", digest("别人的"))
    assert not form.errors


def test_other_mistakes_are_not_hidden(form, request_of):
    with pytest.raises(KeyError), refusals_in(form):
        raise KeyError
    with pytest.raises(KeyError), refusals_as_messages(request_of("post")):
        raise KeyError


def test_buttons_say_every_reason_on_the_next_page(request_of):
    request = request_of("post")

    with refusals_as_messages(request):
        raise Refused(["一。", "二。"])

    assert [str(one) for one in get_messages(request)] == ["一。", "二。"]


def test_a_page_with_nothing_left_to_do_leads_on_and_refuses_what_was_posted(request_of):
    reading = request_of("get")

    assert turned_away(reading, "已截止。", "/elsewhere/").url == "/elsewhere/"
    assert [str(one) for one in get_messages(reading)] == ["已截止。"]
    with pytest.raises(Refused, match="已截止。"):
        turned_away(request_of("post"), "已截止。", "/elsewhere/")

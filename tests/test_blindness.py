"""What somebody may not know appears in no page, file, order or count: told by words found nowhere else and
by pages that do not change.
"""

import pytest

from ratings.enums import Status
from tests.blind_year import (
    BASIS,
    CHANGED,
    COUNTY,
    LABELS,
    MINUTES,
    OPINION,
    OWN,
    REASON,
    REMARKS,
    BlindYear,
    pages_of,
)
from tests.factories import CountyFactory, LiaisonFactory, UserFactory
from tests.ratings.year_folder import YearFolder

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("bare_refusals")]

#: Who stands outside the county's and the judges' work. Every run reads as the one who sees most, the deep
#: run as all of them.
ONE_OUTSIDE, OUTSIDE = ("viewer",), ("stranger", "viewer", "liaison")
COUNTY_STAFF = ("county", "county_lead")
#: The first judge has handed in, this one has not: the panel is open.
OPEN_JUDGE = "judge3"
JUDGING_WORDS = (*LABELS, *REMARKS)
COMMITTEE_WORDS = (REASON, MINUTES, BASIS)
REVIEW_WORDS = (COUNTY, CHANGED, OPINION)


@pytest.fixture
def people(city, county, school, appoint):
    """Everybody but the office, by name; `stranger` reviews another county."""
    roles = ("filler", "head", *COUNTY_STAFF, "viewer", "liaison", "chair", "sysadmin", "security", "auditor")
    found = {role: appoint(role) for role in roles}
    LiaisonFactory(user=found["liaison"], school=school)
    found["stranger"] = appoint(
        "county_lead", user=UserFactory(username="stranger"), county=CountyFactory(city=city)
    )
    return found


@pytest.fixture(
    params=[ONE_OUTSIDE, pytest.param(OUTSIDE, marks=pytest.mark.deep)], ids=["one outside", "all outside"]
)
def outside(request) -> tuple[str, ...]:
    return request.param


@pytest.fixture
def year(tmp_path, city, county, school, appoint, people, monkeypatch) -> BlindYear:
    """Opened and handed in; documents are read as the words they are set from."""
    monkeypatch.setattr("schools.audit.exports.pdf_of", lambda paper: repr(paper).encode())
    monkeypatch.setattr(
        "ratings.documents.life.document_pdf", lambda context: b"%PDF-1.7 " + repr(context).encode()
    )
    found = BlindYear(YearFolder(tmp_path / "year"), city, county, school, appoint)
    people |= {user.username: user for user in found.judges} | {"office": found.office}
    found.hand_in(people["head"])
    return found


@pytest.fixture
def known(people):
    """Every address that anybody's pages lead to: `known()`; everybody tries all of them."""

    def gather() -> set[str]:
        knowing = [people[name] for name in ("head", "county_lead", "judge1", "chair") if name in people]
        return {address for user in knowing for address in pages_of(user) if address.startswith("/")}

    return gather


def leaks(pages: dict[str, dict[str, str]], hidden: dict[tuple[str, ...], tuple[str, ...]]) -> list[str]:
    """Where somebody reads a word that is hidden from them."""
    return [
        f"{name} {address}: {token}"
        for names, tokens in hidden.items()
        for name in names
        for address, text in pages[name].items()
        for token in tokens
        if token in text
    ]


def differences(before: dict[str, dict[str, str]], after: dict[str, dict[str, str]]) -> list[str]:
    """Pages that tell somebody that something happened in between."""
    return [
        f"{name} {address}"
        for name, pages in after.items()
        for address, text in pages.items()
        if text != before[name][address]
    ]


def read(people, names, addresses) -> dict[str, dict[str, str]]:
    return {name: pages_of(people[name], addresses) for name in names}


def test_what_the_county_writes_stays_with_the_county_until_it_is_sent_on(year, people, known, outside):
    addresses, blind = known(), ("head", *outside, "judge1")
    before = read(people, blind, addresses)

    year.score_by_county(people["county"])
    after = read(people, (*blind, "auditor"), addresses)

    assert leaks(after, {(*blind, "auditor"): REVIEW_WORDS, (*outside, "judge1", "auditor"): (OWN,)}) == []
    del after["auditor"]
    assert differences(before, after) == []
    assert COUNTY in "".join(pages_of(people["county_lead"]).values())


def test_judges_know_nothing_of_each_other_and_nobody_knows_anything_of_them(year, people, known, outside):
    year.score_by_county(people["county"])
    year.send_on(people["county_lead"])
    year.seat()
    addresses, blind = known(), ("head", "county_lead", *outside, OPEN_JUDGE)
    before = read(people, blind, addresses)

    year.judge(0, 1)
    after = read(people, blind, addresses)

    assert differences(before, after) == []
    others = read(people, ("judge1", "auditor"), addresses)
    hidden = {
        ("head", "county_lead", *outside, "auditor"): JUDGING_WORDS,
        ("head", *outside, "auditor"): REVIEW_WORDS,
        ("judge1",): (*LABELS[1:], *REMARKS[1:]),
        (OPEN_JUDGE,): (*LABELS[:2], *REMARKS[:2]),
    }
    assert leaks(after | others, hidden) == []
    assert REMARKS[0] in "".join(pages_of(people["judge1"]).values())


def test_what_the_committee_decides_stays_with_it_until_publication(year, people, known, outside):
    finish_judging(year, people)
    addresses, blind = known(), ("head", "county_lead", *outside, "judge1")
    before = read(people, blind, addresses)

    year.decide(people["chair"])

    assert differences(before, read(people, blind, addresses)) == []
    seen = "".join(pages_of(people["chair"]).values())
    assert [word for word in (OPINION, *COMMITTEE_WORDS) if word not in seen] == []
    year.settle(people["chair"])
    hidden = {
        (*blind, "auditor"): COMMITTEE_WORDS,
        ("head", "county_lead", *outside, "auditor"): JUDGING_WORDS,
        ("head", *outside, "auditor"): REVIEW_WORDS,
    }
    assert leaks(read(people, (*blind, "auditor"), known()), hidden) == []


def test_publication_shows_results_and_neither_judges_nor_votes(year, people, known):
    finish_judging(year, people)
    year.decide(people["chair"])
    year.settle(people["chair"])
    year.publish(people["chair"])
    assert year.assessment().status == Status.SETTLED

    administrators = ("sysadmin", "security")
    readers = ("filler", "head", *COUNTY_STAFF, *OUTSIDE)
    hidden = {
        (*readers, *administrators): (*JUDGING_WORDS, MINUTES),
        ("stranger", *administrators): (*REVIEW_WORDS, *COMMITTEE_WORDS),
        ("filler", "head"): (COUNTY,),
    }
    assert leaks(read(people, (*readers, *administrators), known()), hidden) == []


def finish_judging(year: BlindYear, people) -> None:
    """All sheets are in."""
    year.score_by_county(people["county"])
    year.send_on(people["county_lead"])
    year.seat()
    year.judge(0, 1, 2)

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from andon.capacity.calendar import Calendar, Event, own_events, public_holidays
from andon.errors import PlanError

D = dt.date


def test_a_holiday_has_its_eve_and_a_half_holiday_before_it_is_both() -> None:
    found = public_holidays(
        "IL",
        first=D(1999, 3, 1),
        last=D(1999, 5, 31),
        categories=("public", "optional"),
    )
    assert [each.kind for each in found.on(D(1999, 4, 1))] == ["holiday"]
    assert [each.kind for each in found.on(D(1999, 3, 31))] == ["eve"]
    assert [each.kind for each in found.on(D(1999, 4, 6))] == ["eve", "half"]
    assert [each.kind for each in found.on(D(1999, 4, 4))] == ["half"]
    assert found.on(D(1999, 4, 8)) == ()


def test_a_holiday_after_the_last_day_still_has_its_eve_inside() -> None:
    found = public_holidays("DE", first=D(2024, 12, 1), last=D(2024, 12, 31))
    assert [each.kind for each in found.on(D(2024, 12, 31))] == ["eve"]
    assert [each.kind for each in found.on(D(2024, 12, 25))] == ["holiday"]


def test_subdivisions_have_their_own_holidays() -> None:
    epiphany = D(2025, 1, 6)
    first, last = D(2025, 1, 1), D(2025, 1, 31)
    assert not public_holidays("DE", first=first, last=last).on(epiphany)
    assert public_holidays("DE", first=first, last=last, subdivision="BY").on(epiphany)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"country": "XX"}, "no holidays for the country 'XX'"),
        ({"country": "DE", "subdivision": "ZZ"}, "no subdivision 'ZZ'"),
        ({"country": "IL", "categories": ("public", "moon")}, "no holidays of the category 'moon'"),
    ],
)
def test_what_the_library_does_not_know_is_refused(asked: dict[str, object], said: str) -> None:
    with pytest.raises(PlanError, match=said):
        public_holidays(first=D(2025, 1, 1), last=D(2025, 1, 31), **asked)  # type: ignore[arg-type]


def test_own_events_are_read_with_their_factors_and_spans(tmp_path: Path) -> None:
    path = tmp_path / "events.csv"
    path.write_text(
        "Date;Name;Until;Factor;Kind\n"
        "2025-03-03;Spring campaign;2025-03-05;1,4;\n"
        "2025-03-10;Moving house;;;closed\n"
        "\n"
        "2025-03-04;Letter to all;;;\n"
    )
    found = own_events(path)
    assert found.on(D(2025, 3, 4)) == (
        Event(name="Spring campaign", factor=1.4),
        Event(name="Letter to all"),
    )
    assert found.on(D(2025, 3, 10))[0].kind == "closed"
    assert found.on(D(2025, 3, 6)) == ()
    assert found.known() == ("Letter to all", "Moving house", "Spring campaign")


def test_whole_days_of_an_icalendar_file_are_read(tmp_path: Path) -> None:
    path = tmp_path / "events.ics"
    path.write_text(
        "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nDTSTART;VALUE=DATE:20250303\r\n"
        "DTEND;VALUE=DATE:20250305\r\nSUMMARY:A very lo\r\n ng name\r\nEND:VEVENT\r\n"
        "BEGIN:VEVENT\r\nDTSTART:20250310T080000Z\r\nSUMMARY:A meeting\r\nEND:VEVENT\r\n"
        "END:VCALENDAR\r\n"
    )
    found = own_events(path)
    assert list(found.events) == [D(2025, 3, 3), D(2025, 3, 4)]
    assert found.on(D(2025, 3, 3)) == (Event(name="A very long name"),)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("when,what\n", "line 1: when,what"),
        ("date,name\n2025-13-01,x\n", "line 2: 2025-13-01"),
        ("date,name,factor\n2025-01-01,x,1.4\n2025-01-02,y,much\n", "line 3: much"),
        ("date,name,factor\n2025-01-01,x,0\n", "line 2: x: factor = 0"),
        ("date,name,until\n2025-01-05,x,2025-01-01\n", "line 2: 2025-01-05 to 2025-01-01"),
        ("date,name,kind\n2025-01-05,x,odd\n", "line 2: x: kind = 'odd'"),
        ("date,name\n2025-01-05,\n", "line 2: name = ''"),
    ],
)
def test_a_row_that_cannot_be_understood_is_named_by_its_line(
    tmp_path: Path, text: str, said: str
) -> None:
    path = tmp_path / "events.csv"
    path.write_text(text)
    with pytest.raises(PlanError) as raised:
        own_events(path)
    assert said in raised.value.found
    assert raised.value.todo


def test_two_calendars_make_one_and_say_nothing_twice() -> None:
    day, event = D(2025, 1, 1), Event(name="New Year", kind="holiday")
    both = Calendar(events={day: (event,)}) + Calendar(
        events={day: (event, Event(name="Sale")), D(2025, 1, 2): (Event(name="Sale"),)}
    )
    assert both.on(day) == (event, Event(name="Sale"))
    assert len(both.events) == 2

"""What a browser sends from the form of a class; shared by the tests of classes, months and figures."""

from django.urls import reverse


def typed(**changes) -> dict:
    """The fields of a usual class of one day."""
    usual = {
        "name": "党员春训",
        "starts_on": "2026-03-05",
        "category": "concentrated",
        "hours": "4",
        "attendance": "60",
        "lecturer": "李某",
        "lecturer_kind": "expert",
        "place": "镇会议中心",
        "cost": "1200",
        "form": "lecture",
    }
    return {name: value for name, value in {**usual, **changes}.items() if value is not None}


def register(client, **changes):
    """Sends the form."""
    return client.post(reverse("schools:class_new"), typed(**changes))


def edit(client, record, **changes):
    """Opens the edit form and sends it with the digest it carries."""
    address = reverse("schools:class_edit", args=[record.pk])
    seen = client.get(address).context["form"].initial["seen"]
    return client.post(
        address,
        {**typed(), "seen": seen, "name": record.name, "starts_on": record.starts_on.isoformat(), **changes},
    )

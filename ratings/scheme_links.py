"""What can be done with a scheme, by phase and by person: the links on its page."""

from __future__ import annotations

from dataclasses import dataclass

from django.urls import reverse

from ratings.editing import figure_metrics
from ratings.enums import PUBLIC_PHASES, Phase
from ratings.models import Scheme
from schools.models import User
from schools.permissions import may


@dataclass(frozen=True)
class SchemeLink:
    """One way on from the page of a scheme; `hint` says what waits there."""

    label: str
    url: str
    hint: str


def scheme_links(user: User, scheme: Scheme) -> list[SchemeLink]:
    """Everything this person may do with the scheme now, in the order of the work."""
    drafting, public = scheme.phase == Phase.DRAFTING, scheme.phase in PUBLIC_PHASES
    drafter, office = may(user, "read_draft"), may(user, "edit_scheme")
    copied = "新增、取消和改动的内容，逐项对照" + ("，写上变化说明" if office and drafting else "")
    found = [
        ("scheme_edit", "编制方案", "大项、小项、规则、星级标准和评定办法", drafter and drafting),
        ("scheme_checks", "启动前检查", "错误须改正，提示须知悉", drafter and drafting),
        ("scheme_changes", "本年度调整说明", copied, True),
        ("rehearsal", "模拟", "用上年数据试算，看各星级会有多少", may(user, "rehearse")),
        ("scheme_opening", "启动评定", "一人提议，另一人确认", drafter and drafting),
        ("opening_notice", "启动通知", "开展年度评定的通知和附件", drafter or not drafting),
        ("scheme_errata", "更正", "启动后发现错误的，签发更正", drafter and not drafting),
        ("scheme_errata", "更正", "启动后签发的更正", not drafter and scheme.versions.count() > 1),
        ("methodology", "方法说明", "标准、规则、门槛和计算次序", not drafting),
        ("scheme_figures", "填报自定义指标", "方案指定由您填报的数", bool(not drafting and figure_metrics(scheme, user))),
        ("self_checks", "对标自查", "对照本年度标准，看本校今天到哪一步", may(user, "self_check") and not drafting and not public),
        ("scheme_copy", "复制为新年度方案", "由本年度带出下一年度的草稿", office),
    ]
    return [SchemeLink(label, reverse(f"ratings:{name}", args=[scheme.pk]), hint) for name, label, hint, shown in found if shown]


def list_links(user: User) -> list[SchemeLink]:
    """Ways to a scheme that is not there yet: the newest copied into the next year, or an empty one."""
    office = may(user, "edit_scheme")
    newest = Scheme.objects.visible_to(user).order_by("-year").first() if office else None
    found = [
        ("scheme_copy", "复制为新年度方案", (newest.pk,) if newest else (), newest is not None and newest.phase != Phase.DRAFTING),
        ("scheme_start", "新建空白方案", (), office),
    ]
    return [SchemeLink(label, reverse(f"ratings:{name}", args=args), "") for name, label, args, shown in found if shown]

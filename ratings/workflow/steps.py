"""流转: every change of status as one table. Who may and from where stands here; when it may be done, in
`blocking`.
"""

from dataclasses import dataclass

from ratings.enums import UNFINISHED, Stage, Status
from schools.models.people import Role

#: Targets that depend on the assessment or the scheme; the last leaves the status as it is.
FIRST_STAGE = "first_stage"
RETURNED_FROM = "returned_from"
SAME = "same"


@dataclass(frozen=True)
class Step:
    """One way from status to status. `target` is a status, or one of the above where data decide.

    `consequence` says in words what happens, for the confirmation page; `comment` tells that a reason is
    owed, `answers` that it answers a request of the school, which then reads the words given with it.
    """

    code: str
    label: str
    roles: tuple[str, ...]
    sources: tuple[str, ...]
    target: str
    consequence: str
    comment: bool = False
    answers: bool = False

    @property
    def confirmed(self) -> str:
        """The words of its button: 确认撤回自评, and 认定未申报 as it is."""
        return self.label if self.label.startswith(("确认", "认定")) else f"确认{self.label}"


STEPS: dict[str, Step] = {
    step.code: step
    for step in (
        Step(
            "send_to_head",
            "交负责人确认",
            (Role.FILLER,),
            (Status.DRAFT,),
            Status.CONFIRMING,
            "交给负责人确认，确认前可以取回修改。",
        ),
        Step(
            "submit",
            "提交自评",
            (Role.HEAD,),
            (Status.DRAFT, Status.CONFIRMING),
            FIRST_STAGE,
            "提交后锁定，评分开始前可以撤回，之后只能由评审方退回补正。",
        ),
        Step(
            "take_back",
            "取回修改",
            (Role.FILLER,),
            (Status.CONFIRMING,),
            Status.DRAFT,
            "取回后可以继续填写，再交负责人确认。",
        ),
        Step(
            "withdraw",
            "撤回自评",
            (Role.HEAD,),
            (Status.COUNTY, Status.CITY),
            Status.DRAFT,
            "撤回到填报中，改好后须重新提交。",
        ),
        Step(
            "return_",
            "退回补正",
            (Role.COUNTY, Role.COUNTY_LEAD, Role.OFFICE),
            (Status.COUNTY, Status.CITY),
            Status.RETURNED,
            "学校只能修改所列小项，须在 3 个工作日内补正。",
            comment=True,
        ),
        Step(
            "resubmit",
            "提交补正",
            (Role.HEAD,),
            (Status.RETURNED,),
            RETURNED_FROM,
            "补正后交回退回的一方继续评分。",
        ),
        Step(
            "recall",
            "收回",
            (Role.COUNTY, Role.COUNTY_LEAD, Role.OFFICE),
            (Status.RETURNED,),
            RETURNED_FROM,
            "逾期未补正，按现有内容继续评分。",
        ),
        Step(
            "recommend",
            "确认初评并报送",
            (Role.COUNTY_LEAD,),
            (Status.COUNTY,),
            Status.CITY,
            "报送后初评锁定，系统数据以此时为准（终算）。",
        ),
        Step(
            "send_back",
            "退回县级重新初评",
            (Role.OFFICE,),
            (Status.CITY,),
            Status.COUNTY,
            "县级可以修改初评，不计入退回次数。",
            comment=True,
        ),
        Step(
            "lapse",
            "认定未申报",
            (Role.OFFICE,),
            (Status.DRAFT, Status.CONFIRMING, Status.RETURNED),
            Status.LAPSED,
            "按未提交自评处理，不计分。",
            comment=True,
        ),
        Step(
            "ask_decline",
            "申请不参评",
            (Role.HEAD,),
            (Status.DRAFT,),
            Status.DRAFT,
            "由市评委会办公室确认后生效。",
            comment=True,
        ),
        Step(
            "decline",
            "确认不参评",
            (Role.OFFICE,),
            UNFINISHED,
            Status.DECLINED,
            "本年度不计入统计，不列入通报。",
            answers=True,
        ),
        Step(
            "refuse_decline",
            "不同意不参评",
            (Role.OFFICE,),
            UNFINISHED,
            SAME,
            "学校仍须按期提交自评；理由告知学校。",
            comment=True,
            answers=True,
        ),
        Step(
            "take_out",
            "因撤并移出",
            (Role.OFFICE,),
            (Status.DRAFT, Status.CONFIRMING, Status.RETURNED, Status.COUNTY, Status.CITY),
            Status.DECLINED,
            "登记了关闭日期的党校，不必由学校申请；按不参评处理，填写和评分仍可查阅，不计入统计，不列入通报。",
            comment=True,
        ),
        Step(
            "reopen",
            "撤回审定",
            (Role.CHAIR,),
            (Status.SETTLED,),
            Status.CITY,
            "本方案回到评审中，重新审定前不能通报。",
            comment=True,
        ),
    )
}

#: The stage whose answers a status is waiting for; statuses without one wait for nobody's score.
STAGE_OF: dict[str, str] = {
    Status.DRAFT: Stage.SELF,
    Status.CONFIRMING: Stage.SELF,
    Status.RETURNED: Stage.SELF,
    Status.COUNTY: Stage.COUNTY,
    Status.CITY: Stage.CITY,
}

#: Whose turn it is, for workbench and lists; a closed status is nobody's.
TURN_OF: dict[str, tuple[str, ...]] = {
    Status.DRAFT: (Role.FILLER, Role.HEAD),
    Status.CONFIRMING: (Role.HEAD,),
    Status.RETURNED: (Role.FILLER, Role.HEAD),
    Status.COUNTY: (Role.COUNTY, Role.COUNTY_LEAD),
    Status.CITY: (Role.JUDGE, Role.OFFICE),
    Status.SETTLED: (),
    Status.DECLINED: (),
    Status.LAPSED: (),
}


def first_stage(has_county_stage: bool) -> str:
    """Where a submitted self-assessment goes: to the county, or straight to the city where there is no county
    stage.
    """
    return Status.COUNTY if has_county_stage else Status.CITY


ENTRANCES = (Status.COUNTY, Status.CITY)


def _targets(step: Step, source: str) -> tuple[str, ...]:
    if step.target in (FIRST_STAGE, RETURNED_FROM):
        return ENTRANCES
    return (source if step.target == SAME else step.target,)


def mermaid() -> str:
    """A Mermaid state diagram: one arrow per step and pair of statuses."""
    lines = [
        "stateDiagram-v2",
        *(f"    {status.value}: {status.label}" for status in Status),
        f"    [*] --> {Status.DRAFT.value}",
    ]
    for step in STEPS.values():
        lines += [
            f"    {source} --> {target}: {step.label}"
            for source in step.sources
            for target in _targets(step, source)
        ]
    lines.append(f"    {Status.CITY.value} --> {Status.SETTLED.value}: 审定（全方案一次）")
    return "\n".join(lines)

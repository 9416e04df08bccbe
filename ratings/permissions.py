"""Who may do what in the rating: its rooms of the one table. When it may be done, the workflow says."""

from ratings.models.schemes import COMMITTEE
from schools.models import Role
from schools.models.scope import COUNTY_ROLES, SCHOOL_ROLES
from schools.permissions import EVERYBODY, Act

#: Roles that work inside one city and follow its criteria and bulletins.
CITY_READERS = tuple(role for role in Role if role not in (Role.SYSADMIN, Role.SECURITY))
#: Roles that have business with single results; a judge sees only the own sheets.
RESULT_READERS = tuple(role for role in CITY_READERS if role != Role.JUDGE)

NO_PAPER = "您的当前身份不使用这份表。"
NOT_THE_COMMITTEE = "审定材料列有全部党校的得分，只由评委会主任和市评委会办公室查阅。"

ROOMS: dict[str, dict[str, Act]] = {
    "评定方案": {
        "read_criteria": Act(
            "查阅评定方案、更正、方法说明，下载公开包", EVERYBODY, scope="编制中的只对办公室和主任"
        ),
        "follow_rating": Act("在导航和工作台看到评定方案、通报", CITY_READERS),
        "read_draft": Act(
            "查阅编制中的方案", COMMITTEE, "编制中的评定方案由市评委会办公室编制、评委会主任查阅。"
        ),
        "read_rules": Act("查阅、试算计分规则", COMMITTEE, "计分规则由市评委会办公室编写、评委会主任查阅。"),
        "edit_scheme": Act("编制、复制方案", (Role.OFFICE,), "评定方案由市评委会办公室编制。"),
        "import_scheme": Act(
            "导入方案工作簿", (Role.OFFICE,), "评定方案由市评委会办公室编制，其他身份不能导入。"
        ),
        "rehearse": Act(
            "模拟",
            COMMITTEE,
            "模拟会列出全部党校的得分和星级，只由市评委会办公室和评委会主任查阅。",
        ),
        "check_scheme": Act(
            "启动前检查，确认、撤回启动",
            COMMITTEE,
            "启动前的检查和确认由市评委会办公室、评委会主任办理。",
            scope="提议人不能自己确认",
        ),
        "propose_opening": Act("提议启动", (Role.OFFICE,), "启动由市评委会办公室提议。"),
        "prepare_erratum": Act("拟更正稿", (Role.OFFICE,), "更正由市评委会办公室拟稿。"),
        "return_erratum": Act("提请签发、退回、撤销更正稿", COMMITTEE, scope="主任限退回"),
        "sign_erratum": Act("签发更正", (Role.CHAIR,), "更正由评委会主任签发。"),
        "type_figures": Act(
            "填报自定义指标",
            (*SCHOOL_ROLES, *COUNTY_ROLES, Role.OFFICE),
            "自定义指标由方案指定的学校、县（区）或市评委会办公室填报。",
            scope="方案指定由其填报的",
        ),
    },
    "自评": {
        "self_check": Act(
            "对标自查",
            SCHOOL_ROLES,
            "对标自查是各校自己的，只有本校填报人和负责人可以看。",
            scope="本校",
        ),
        "self_assess": Act(
            "填写、提交自评", SCHOOL_ROLES, "自评由本校填报人和负责人填写、查阅。", scope="本校"
        ),
        "answer": Act(
            "保存一个小项的填写或评分",
            (*SCHOOL_ROLES, *COUNTY_ROLES, Role.JUDGE, Role.OFFICE),
            scope="轮到本人填写的，办公室限代录",
        ),
        "read_evidence": Act("下载佐证材料", CITY_READERS),
        "print_self": Act("打印自评表", (*SCHOOL_ROLES, *COUNTY_ROLES, *COMMITTEE), NO_PAPER),
        "print_confirmation": Act("打印申报确认页", SCHOOL_ROLES, NO_PAPER, scope="本校"),
    },
    "申报进度": {
        "follow_progress": Act(
            "查阅各校申报进度",
            (*COUNTY_ROLES, *COMMITTEE),
            "申报进度由县（市、区）、市评委会办公室和主任查看。",
        ),
        "read_progress": Act(
            "查阅一所党校的流转记录和延期", COMMITTEE, "只有市评委会办公室和主任可以查看流转记录。"
        ),
        "extend": Act("批准延期", (Role.OFFICE,), "只有市评委会办公室可以批准延期。"),
        "take_office_steps": Act(
            "办理未申报、不参评、退回等", (Role.OFFICE,), "只有市评委会办公室可以办理。"
        ),
    },
    "县级初评": {
        "review": Act("初评、核定、退回补正", COUNTY_ROLES, "初评由县（市、区）的初评人和负责人办理。"),
        "confirm_review": Act(
            "初评分工、集体确认", (Role.COUNTY_LEAD,), "集体确认和初评分工由县（市、区）负责人办理。"
        ),
        "print_county": Act("打印初评汇总表", (*COUNTY_ROLES, *COMMITTEE), NO_PAPER),
    },
    "市级评审": {
        "arrange_panels": Act("安排评审组", (Role.OFFICE,), "评审组由市评委会办公室安排。"),
        "manage_sheets": Act("管理、代录评分表", (Role.OFFICE,), "评分表由市评委会办公室管理。"),
        "read_voided": Act(
            "查阅评委变动和作废的评分表",
            (*COMMITTEE, Role.AUDITOR),
            "评委变动由市评委会办公室、评委会主任和审计管理员查阅。",
            scope="评分内容：本组交齐或审定以后，审计管理员为通报以后",
        ),
        "judge": Act(
            "评分、提交评分表", (Role.JUDGE,), "评委工作台只对评委开放。", scope="本组的学校，回避的除外"
        ),
        "sign_agreed": Act(
            "上传合议签字页",
            (Role.JUDGE, Role.OFFICE),
            "合议签字页由组长或市评委会办公室上传。",
            scope="评委限本组组长",
        ),
        "adjust_figures": Act("评审核定系统取数", (Role.OFFICE, Role.JUDGE), scope="评委限本组组长"),
        "register_visit": Act(
            "登记实地走访",
            (Role.JUDGE, Role.OFFICE),
            "实地走访由参加的评委或市评委会办公室登记。",
            scope="评委限本人参加的，改为未走访限办公室",
        ),
        "print_sheet": Act("打印评委评分表", (Role.JUDGE, Role.OFFICE), NO_PAPER, scope="评委限本人的"),
        "give_feedback": Act("登记现场反馈意见", (Role.OFFICE,), "现场反馈意见由市评委会办公室登记。"),
        "print_onsite": Act("打印现场评分表", (Role.OFFICE,), NO_PAPER),
    },
    "评委会审定": {
        "read_board": Act(
            "查阅审定总表",
            COMMITTEE,
            "审定总表列有全部党校的得分和次序，只由评委会主任和市评委会办公室查阅。",
        ),
        "use_materials": Act(
            "投影、印会议材料",
            COMMITTEE,
            "会议材料列有全部党校的得分，只由评委会主任和市评委会办公室使用。",
        ),
        "read_case": Act("查阅各校审定材料和所缺事项", COMMITTEE, NOT_THE_COMMITTEE),
        "record_meeting": Act("登记评委会会议，查阅会议纪要", COMMITTEE, NOT_THE_COMMITTEE),
        "confirm_restriction": Act(
            "认定、撤销限制性情形",
            COMMITTEE,
            NOT_THE_COMMITTEE,
            scope="会改变星级的由办公室登记、主任确认",
        ),
        "propose_decision": Act(
            "登记与计算不同的审定，收回登记",
            (Role.OFFICE,),
            "与计算不同的审定由市评委会办公室按会议登记，评委会主任确认。",
        ),
        "decide": Act(
            "按计算结果审定，确认、退回办公室登记的审定，撤回审定",
            (Role.CHAIR,),
            "审定由评委会主任办理。",
            scope="本人登记的不能自己确认",
        ),
    },
    "结果和通报": {
        "read_results": Act(
            "查阅评定结果", RESULT_READERS, "您的当前身份不查阅评定结果。", scope="通报前只对办公室和主任"
        ),
        "print_plaques": Act("打印授牌名单", COMMITTEE, NO_PAPER),
        "verify": Act(
            "制作核验包", (Role.OFFICE, Role.AUDITOR), "核验包由市评委会办公室或审计管理员交给核验人。"
        ),
        "read_notices": Act("查阅启动通知和通报", EVERYBODY, scope="草稿只对办公室和主任"),
        "write_notice": Act("起草、印发启动通知", COMMITTEE, "启动通知由市评委会办公室起草、印发。"),
        "write_bulletin": Act("起草通报", COMMITTEE, "通报由市评委会办公室起草。"),
        "issue_bulletin": Act("印发通报", (Role.CHAIR,), "通报由评委会主任印发。"),
    },
}

"""Metrics for the tests of the rule language: the names of the manual's examples, without any record behind
them.
"""

from dataclasses import dataclass
from fractions import Fraction

from ratings.rules import Vocabulary

F = Fraction


@dataclass(frozen=True)
class Word:
    label: str
    unit: str
    direction: str = "up"
    upper: Fraction | None = None
    accepts: frozenset[str] = frozenset()
    accepts_words: frozenset[str] | None = None


CLASSES = frozenset({"学时", "人次"})
WORDS = [
    Word("主教室座位", "座"),
    Word("工作人员数", "人"),
    Word("师资人数", "人"),
    Word("领导型师资", "人"),
    Word("上半年主体班", "期", accepts=CLASSES),
    Word("下半年主体班", "期", accepts=CLASSES),
    Word("主体班次", "期", accepts=CLASSES),
    Word("办班期数", "期", accepts=CLASSES),
    Word("有培训的双月数", "个", upper=F(6), accepts=CLASSES),
    Word("参训党员", "人"),
    Word("党员总数", "人", "none"),
    Word("参训干部", "人"),
    Word("应训干部", "人", "none"),
    Word("参训率", "%", upper=F(1)),
    Word("执行率", "%"),
    Word("缺管理制度", "项", "down", accepts_words=frozenset({"教学", "学员", "师资", "经费", "安全"})),
    Word("月报逾期", "月", "down"),
    Word("年度计划按期备案", "是否", upper=F(1)),
    Word("培训支出", "万元", "none"),
]
VOCABULARY = Vocabulary(metrics={word.label: word for word in WORDS}, codes=frozenset({"D3", "Z9-1"}))

MANUAL = [
    "清单(书记任校长=2; 副职齐备=1; 挂牌且明确承办机构=1)",
    "档(主教室座位: ≥100→8; ≥80→6.5; ≥60→5; ≥30→3; 其他→0)",
    (
        "档(上半年主体班≥1 且 下半年主体班≥1 且 主体班次≥3→8; 上半年主体班≥1 且 下半年主体班≥1→7; "
        "主体班次≥1→4; 其他→0)"
    ),
    "档(执行率: 80%—100%→2; ≥60%→1; 其他→0)",
    (
        "档(办班期数[学时≥2, 人次≥15]: ≥12→5; ≥10→4.5; ≥8→3.5; 其他→0) + 档(有培训的双月数: 6→3; "
        "5→2.5; 4→2; 其他→0)"
    ),
    "比(参训党员/党员总数 ÷ 85%)×4 + 比(参训干部/应训干部 ÷ 100%)×4",
    "扣(缺管理制度[教学、学员、师资、经费] 每项 1; 月报逾期 每月 0.5; 数据不实 每处 1; 下限 0)",
    "扣(满分 5; 无专人 1; 参训率<85% 每1个百分点 1; 下限 0)",
    "加(采纳成果 每项 1.5; 课题结项 每项 0.5; 上限 3)",
    "评(第一项: A=1.5; B=1; C=0.5; D=0) + 评(第二项: A=1.5; B=1; C=0.5; D=0)",
    "分(0—6; 步长 0.5)",
    "清单(“投影/大屏”=1.5; 音响=1)",
]
CONDITIONS = ["总分≥90 且 最低大项得分率≥70% 且 D3≥28", "Z9-1>2.5", "办班期数[学时≥2]<1"]
EFFECTS = ["不授星", "最高一星", "最高三星", "最高四星"]

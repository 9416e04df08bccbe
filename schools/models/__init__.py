from .audit import AppendOnlyError, AuditEntry, ChainHead
from .calendar import CalendarDay, CalendarYear
from .figures import Binder, Budget, Investment, MetricValue, YearFigures
from .guarding import AccountChange
from .guidance import GuidanceTeam, Liaison, LiaisonOpinion, Problem, Visit
from .messages import JobRun, Notice, Reminder
from .people import Appointment, Handover, Role, User
from .records import Correction, RecordChange
from .registry import FormerName, Leader, Region, School
from .resources import Brand, Course, Equipment, Regulation, StaffMember, Teacher, TeachingPoint, TrialLesson
from .teaching import (
    AnnualPlan,
    IssuedClass,
    IssuedPlan,
    JointPartner,
    Lesson,
    MonthlyReport,
    PlannedClass,
    ReportCorrection,
    TrainingClass,
)

__all__ = [
    "AccountChange",
    "AnnualPlan",
    "AppendOnlyError",
    "Appointment",
    "AuditEntry",
    "Binder",
    "Brand",
    "Budget",
    "CalendarDay",
    "CalendarYear",
    "ChainHead",
    "Correction",
    "Course",
    "Equipment",
    "FormerName",
    "GuidanceTeam",
    "Handover",
    "Investment",
    "IssuedClass",
    "IssuedPlan",
    "JobRun",
    "JointPartner",
    "Leader",
    "Lesson",
    "Liaison",
    "LiaisonOpinion",
    "MetricValue",
    "MonthlyReport",
    "Notice",
    "PlannedClass",
    "Problem",
    "RecordChange",
    "Region",
    "Regulation",
    "Reminder",
    "ReportCorrection",
    "Role",
    "School",
    "StaffMember",
    "Teacher",
    "TeachingPoint",
    "TrainingClass",
    "TrialLesson",
    "User",
    "Visit",
    "YearFigures",
]

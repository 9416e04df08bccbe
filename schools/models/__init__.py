from .audit import AppendOnlyError, AuditEntry, ChainHead
from .binders import Binder
from .calendar import CalendarDay, CalendarYear
from .changes import RecordChange
from .class_extras import JointPartner, ReportCorrection, TrialLesson
from .classes import Lesson, TrainingClass
from .corrections import Correction
from .courses import Brand, Course
from .figures import Budget, YearFigures
from .guidance import GuidanceTeam, Liaison, LiaisonOpinion, Problem, Visit
from .handovers import Handover
from .inbox import Notice
from .investments import Investment
from .issued import IssuedClass, IssuedPlan
from .metric_values import MetricValue
from .people import Appointment, Role, User
from .regions import Region
from .registry import FormerName, Leader, School
from .reminders import JobRun, Reminder
from .resources import Equipment, Regulation, Teacher, TeachingPoint
from .staff import StaffMember
from .teaching import AnnualPlan, MonthlyReport, PlannedClass

__all__ = [
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

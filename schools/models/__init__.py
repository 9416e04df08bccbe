from .audit import AppendOnlyError, AuditEntry, ChainHead
from .calendar import CalendarDay
from .class_extras import JointPartner, ReportCorrection, TrialLesson
from .classes import Lesson, TrainingClass
from .figures import Budget, YearFigures
from .guidance import Liaison, Problem, Visit
from .inbox import Notice
from .issued import IssuedClass, IssuedPlan
from .metric_values import MetricValue
from .people import Appointment, Role, User
from .regions import Region
from .registry import FormerName, Leader, School
from .reminders import JobRun, Reminder
from .resources import Equipment, Regulation, Teacher, TeachingPoint
from .teaching import AnnualPlan, MonthlyReport, PlannedClass

__all__ = [
    "AnnualPlan",
    "AppendOnlyError",
    "Appointment",
    "AuditEntry",
    "Budget",
    "CalendarDay",
    "ChainHead",
    "Equipment",
    "FormerName",
    "IssuedClass",
    "IssuedPlan",
    "JobRun",
    "JointPartner",
    "Leader",
    "Lesson",
    "Liaison",
    "MetricValue",
    "MonthlyReport",
    "Notice",
    "PlannedClass",
    "Problem",
    "Region",
    "Regulation",
    "Reminder",
    "ReportCorrection",
    "Role",
    "School",
    "Teacher",
    "TeachingPoint",
    "TrainingClass",
    "TrialLesson",
    "User",
    "Visit",
    "YearFigures",
]

from .audit import AppendOnlyError, AuditEntry, ChainHead
from .classes import Lesson, TrainingClass
from .figures import Budget, YearFigures
from .guidance import Liaison, Problem, Visit
from .metric_values import MetricValue
from .people import Appointment, Role, User
from .regions import Region
from .registry import FormerName, Leader, School
from .resources import Equipment, Regulation, Teacher, TeachingPoint
from .teaching import AnnualPlan, MonthlyReport, PlannedClass

__all__ = [
    "AnnualPlan",
    "AppendOnlyError",
    "Appointment",
    "AuditEntry",
    "Budget",
    "ChainHead",
    "Equipment",
    "FormerName",
    "Leader",
    "Lesson",
    "Liaison",
    "MetricValue",
    "MonthlyReport",
    "PlannedClass",
    "Problem",
    "Region",
    "Regulation",
    "Role",
    "School",
    "Teacher",
    "TeachingPoint",
    "TrainingClass",
    "User",
    "Visit",
    "YearFigures",
]

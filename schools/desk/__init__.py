"""工作台: what waits for a person today and the figures of the year, gathered from whoever has something to say."""

from .registry import Task, Tile, register_tasks, register_tiles, tasks_for, tiles_for

__all__ = ["Task", "Tile", "register_tasks", "register_tiles", "tasks_for", "tiles_for"]

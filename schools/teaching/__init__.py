"""The year's teaching as the schools record it: plans, classes, months."""

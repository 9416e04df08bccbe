"""编制、启动前的检查、计分规则、更正、模拟: everything by which the criteria of a year come about
and change.
"""

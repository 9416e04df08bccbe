"""模拟: a draft applied to an earlier year's data, to see what it would change before it is opened. Nothing
is written.
"""

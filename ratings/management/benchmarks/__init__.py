"""How fast the work is beside its floor: each figure is a ratio to the least code that does the same, in the
same run.
"""

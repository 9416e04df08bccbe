"""The migrations of schools with one more after the last, for trying an upgrade before there is a
real one.
"""

from schools import migrations

__path__ = [*__path__, *migrations.__path__]

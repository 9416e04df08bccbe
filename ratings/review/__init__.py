"""县级初评: the county's desk, from all its schools to one answer, and on to the collective confirmation."""

"""A year from workbooks alone (离线成年): read, judge, store, settle, publish."""

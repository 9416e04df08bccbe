"""The log file: trouble with it is never trouble of whoever is being served."""

import logging.handlers


class LogFile(logging.handlers.WatchedFileHandler):
    """A file that other processes write and logrotate moves away.

    Python's own handler catches faults of writing only. Opening, closing and moving on to a new file fail
    too, on a full disk or where root ran a command first, and would end the request of which a line was to
    be written. The line then goes to standard error, and the next one opens the file anew.
    """

    def emit(self, record: logging.LogRecord) -> None:
        """Whatever happens, it is handled here."""
        try:
            super().emit(record)
        except (OSError, ValueError):
            self.handleError(record)

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 (the name is Python's)
        """Let go of the file, which may be closed, moved or half-written; it is opened anew."""
        stream, self.stream = self.stream, None
        try:
            if stream:
                stream.close()
        except (OSError, ValueError):
            pass  # what it still held is on standard error
        super().handleError(record)

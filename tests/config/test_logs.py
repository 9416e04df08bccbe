"""A log that cannot be written is said on standard error, and ends no request."""

import logging

import pytest

from config.logs import LogFile


@pytest.fixture
def log(tmp_path):
    """A logger to a file under `tmp_path`, and the path."""
    path = tmp_path / "site.log"
    logger, handler = logging.Logger("test"), LogFile(path, delay=True, encoding="utf-8")
    logger.addHandler(handler)
    yield logger, path
    handler.close()


def test_file_that_cannot_be_opened_is_opened_once_it_can(log, capsys):
    logger, path = log
    path.mkdir()
    logger.error("先")
    path.rmdir()
    logger.error("后")

    assert "先" in capsys.readouterr().err
    assert path.read_text(encoding="utf-8") == "后\n"


def test_full_disk_is_no_end_of_the_log(log, capsys):
    logger, path = log
    path.symlink_to("/dev/full")
    logger.error("先")
    logger.error("再")
    path.unlink()
    logger.error("后")

    assert "No space left" in capsys.readouterr().err
    assert path.read_text(encoding="utf-8") == "后\n"


def test_file_moved_away_while_the_disk_is_full_is_let_go(log, capsys):
    logger, path = log
    path.touch()
    logger.error("先")
    handler = logger.handlers[0]
    handler.stream.close()  # as a close that failed half-way leaves it
    path.rename(path.with_suffix(".1"))
    logger.error("中")
    logger.error("后")

    assert "中" in capsys.readouterr().err
    assert path.read_text(encoding="utf-8").endswith("后\n")

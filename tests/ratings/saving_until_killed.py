"""A server that is killed while people save: `python -m tests.ratings.saving_until_killed MODE KILLS SEED`.

Every child saves two rows of one school over and over, acknowledges each save, and is killed with SIGKILL at
a random moment; then the next takes its place. One line of JSON per kill says what had been acknowledged and
what is stored. MODE: `whole` saves as the program does; `early` acknowledges first and `apart` saves the rows
one by one, both wrongly.
"""

import json
import os
import random
import select
import signal
import sys
import time

import django

from tests import clock

#: Most children are killed within this time after their first save, some within this time of their birth.
SOON = 0.04
CODES = ("K2", "L3")


def save_on(mode: str, number: int, told: int) -> None:
    """Saves for ever, from the number after this on; acknowledgements go to the pipe `told`."""
    from ratings.models import Score
    from ratings.sheets.answering import Posted, save, save_rows
    from schools.models import User

    rows = Score.objects.filter(stage="self", item__code__in=CODES).order_by("item__order")
    keys = list(rows.values_list("pk", flat=True))
    (assessment,) = set(rows.values_list("assessment", flat=True))
    filler = User.objects.get(appointments__role="filler")
    while True:
        number += 1
        texts = [{"音响": "是" if number % 2 else ""}, {"质量": "A", "调研次数": str(number)}]
        typed = {
            key: Posted(number - 1, posted, remark=str(number))
            for key, posted in zip(keys, texts, strict=True)
        }
        if mode == "early":
            os.write(told, f"{number}\n".encode())
        if mode == "apart":
            saved = [
                save(key, by=filler, version=row.version, posted=row.answers, remark=row.remark)
                for key, row in typed.items()
            ]
        else:
            saved = save_rows(assessment, typed, by=filler)
        if any(one.state != "saved" for one in saved):
            os._exit(1)
        if mode != "early":
            os.write(told, f"{number}\n".encode())


def stored() -> list[tuple]:
    """Both rows as a new connection finds them."""
    from django.db import connection

    from ratings.models import Score

    rows = Score.objects.filter(stage="self", item__code__in=CODES).order_by("item__order")
    found = list(rows.values_list("remark", "answers", "version"))
    connection.close()
    return found


def kill_one(mode: str, number: int) -> int:
    """One child from birth to death; returns the last number it acknowledged."""
    ears, mouth = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(ears)
        try:
            save_on(mode, number, mouth)
        finally:
            os._exit(1)
    os.close(mouth)
    if random.random() < 0.8:
        select.select([ears], [], [], 20)
    time.sleep(random.uniform(0, SOON))
    os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    with os.fdopen(ears) as pipe:
        told = pipe.read().split()
    if not os.WIFSIGNALED(status):
        raise SystemExit(f"the child ended by itself after {told[-1:]}")
    return int(told[-1]) if told else number


def main(mode: str, kills: int) -> None:
    """A new child starts from what is stored, as people do who reload the page; what was acknowledged is
    remembered.
    """
    acknowledged = 0
    for _ in range(kills):
        before = stored()
        acknowledged = max(acknowledged, kill_one(mode, before[-1][2]))
        json.dump([acknowledged, stored()], sys.stdout)
        sys.stdout.write("\n")
        if mode != "whole" and len({version for *_, version in stored()}) > 1:
            return


if __name__ == "__main__":
    clock.at(clock.NOW).start()  # the deadline of the year that the test opened is one of this clock
    django.setup()
    random.seed(sys.argv[3])
    main(sys.argv[1], int(sys.argv[2]))

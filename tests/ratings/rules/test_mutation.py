"""Whatever is typed gives a tree or one Chinese sentence, never another exception."""

import random
import re

import pytest

from ratings.rules import RuleError, parse_condition, parse_effect, parse_rule, to_text
from tests.ratings.rule_words import CONDITIONS, EFFECTS, MANUAL

ROUNDS = 2_400
PIECES = [
    *"清单档比扣加评分每且或问满其他星",
    *'()（）[]【】;；:：,，、=＝+÷/×*xX→≥≤<>≠!—-～~%％“”「」"',
    *"0129.５",
    "其他→0",
    "满分 5; ",
    "下限 0",
    "每1个百分点",
    "问 ",
    "999999999999",
    "\n",
    "\t",
    "\u3000",
    "\u200b",
    "\x00",
    "𠮷",
    "㙍",
    "é",
    "٣",
    "🀄",
    "\ud800",
]
CHINESE = re.compile(r"[\u4e00-\u9fff]")


def _mutated(text: str, dice: random.Random) -> str:
    letters = list(text)
    for _ in range(dice.randint(1, 4)):
        at, length = dice.randrange(len(letters) + 1), dice.randint(1, 6)
        match dice.randrange(5):
            case 0:
                del letters[at : at + length]
            case 1:
                letters.insert(at, dice.choice(PIECES))
            case 2:
                letters[at : at + 1] = [dice.choice(PIECES)]
            case 3:
                letters[at:at] = letters[max(at - length, 0) : at]
            case 4:
                other = dice.choice(MANUAL + CONDITIONS + EFFECTS)
                cut = dice.randrange(len(other))
                letters[at:] = other[cut:]
    return "".join(letters)


@pytest.mark.parametrize(
    ("parse", "samples", "seed"),
    [(parse_rule, [line], n) for n, line in enumerate(MANUAL)]
    + [(parse_condition, CONDITIONS, 90), (parse_effect, EFFECTS, 91)],
)
def test_mutated_lines_give_a_tree_or_a_sentence(parse, samples, seed):
    dice, read = random.Random(seed), 0

    for _ in range(ROUNDS if parse is parse_rule else ROUNDS // 2):
        text = _mutated(dice.choice(samples), dice)
        try:
            tree = parse(text)
        except RuleError as error:
            assert CHINESE.search(error.message), text
            assert 0 <= error.position <= len(text), text
        else:
            read += 1
            assert parse(to_text(tree)) == tree, text

    assert 0 < read < ROUNDS


@pytest.mark.parametrize(
    "text",
    [
        "(" * 1999,
        "档" * 1999,
        "清单(" * 400,
        "+".join(["分(0—1)"] * 240),
        "清单(甲=1" + ";乙=1" * 400 + ")",
        "分(0—1" + "0" * 1900 + ")",
        "每" * 1500,
        "甲" * 1990,
        "“" + "甲" * 1900 + "”",
    ],
)
def test_excessive_line_gives_a_sentence(text):
    with pytest.raises(RuleError) as caught:
        parse_rule(text)

    assert CHINESE.search(caught.value.message)
    assert len(str(caught.value)) < 400

"""Reading of the environment: the only place that decides what an unset variable means."""

import os
import secrets
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured


def load_file(path: Path) -> None:
    """Put the lines NAME=value of a file into the environment; what is set already wins."""
    if not path.is_file():
        return
    for line in path.read_text(encoding="utf-8").splitlines():
        name, separator, value = line.strip().partition("=")
        if separator and not name.startswith("#"):
            os.environ.setdefault(name.strip(), value.strip().strip("'\""))


def text(name: str, default: str = "") -> str:
    """The value of a variable; blank counts as unset, as people leave lines of .env empty."""
    return os.environ.get(name, "").strip() or default


def flag(name: str, default: bool = False) -> bool:
    """True for 1, true, yes, on, 是."""
    value = text(name).lower()
    return default if not value else value in {"1", "true", "yes", "on", "是"}


def number(name: str, default: int) -> int:
    """A whole number, refused with a sentence when it is none."""
    value = text(name, str(default))
    try:
        return int(value)
    except ValueError:
        raise ImproperlyConfigured(f"环境变量 {name} 应为整数，现在是“{value}”。") from None


def listing(name: str) -> list[str]:
    """Comma-separated words."""
    return [word.strip() for word in text(name).split(",") if word.strip()]


#: A secret shorter than this is guessed.
LEAST_KEY = 16


def key(name: str, path: Path, *, generate: bool) -> str:
    """A secret from the environment, else from its file, else made once with mode 0600 where `generate`
    allows it.
    """
    value = text(name) or _kept(name, path, generate=generate)
    if len(value) < LEAST_KEY:
        raise ImproperlyConfigured(
            f"{name} 只有 {len(value)} 位，太短，容易被猜出：至少 {LEAST_KEY} 位随机字符，建议 50 位以上，"
            "生成方法见 .env.example。"
        )
    return value


def _kept(name: str, path: Path, *, generate: bool) -> str:
    if not path.is_file():
        if not generate:
            raise ImproperlyConfigured(
                f"缺少 {name}：请在环境变量（或 .env 文件）中设置 {name}，或把密钥放入 {path}；试用请设置 "
                "DEBUG=1，密钥会自动生成。"
            )
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:  # a second process made it between the look and the writing
            return path.read_text(encoding="ascii").strip()
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_urlsafe(48))
    return path.read_text(encoding="ascii").strip()

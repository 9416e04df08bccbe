"""Whether the site can listen on an address, and under which ones people then reach it: `address.py HOST:PORT
[--open]`.

Runs on the system's Python, before there is an environment.
"""

import errno
import socket
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from config import machine

EVERYWHERE = ("0.0.0.0", "[::]", "::")  # noqa: S104 (compared with, not bound to)


def parse(address):
    """Host and port as runserver takes them: HOST:PORT or a port alone."""
    host, _, port = address.rpartition(":")
    host = host or "127.0.0.1"
    if not port.isdigit() or not 0 < int(port) < 65536:
        sys.exit(f"ADDRESS={address} 写得不对，应为“地址:端口”，例如 make run ADDRESS=127.0.0.1:8000")
    return host, int(port)


def listen(host, port):
    """Tries it for a moment, the way the server will; raises OSError."""
    plain = host.strip("[]")
    family = socket.AF_INET6 if ":" in plain else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as server:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        server.bind((plain, port))
        server.listen()


def another(host, port):
    """The command for the next port that nobody has."""
    for other in range(max(port + 1, 8000), 65536):
        try:
            listen(host, other)
        except OSError:
            continue
        return f"make run ADDRESS={host}:{other}"
    return "make run ADDRESS=地址:端口"


def check(host, port):
    """Ends with a sentence when the server could not listen there."""
    try:
        listen(host, port)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            sys.exit(
                f"{host}:{port} 已被占用（也许另一个 make run 还开着）：请先结束它，或换一个端口："
                f"{another(host, port)}"
            )
        if error.errno == errno.EACCES:
            sys.exit(f"普通用户不能使用 1024 以下的端口 {port}，请换一个：{another(host, port)}")
        sys.exit(
            f"{host} 不是本机的地址；只在本机试用请执行 make run，让别的电脑也能打开请执行 make run "
            f"ADDRESS=0.0.0.0:{port}"
        )


def addresses(host):
    """What to type into a browser; for a server that listens everywhere also on another computer."""
    if host not in EVERYWHERE:
        return [host]
    others = [found for found in machine.addresses() if ":" not in found]
    return ["127.0.0.1", *others, socket.gethostname()]


def main():
    host, port = parse(sys.argv[1])
    if "--open" not in sys.argv:
        check(host, port)
        return
    lines = ["打开 " + " 或 ".join(f"http://{one}:{port}" for one in addresses(host)) + " ，按 Ctrl+C 结束"]
    if host in EVERYWHERE or not host.startswith(("127.", "localhost", "[::1]")):
        lines.append(
            "别的电脑也能打开。这是试用环境：演示口令人人知道，出错页会显示程序内容，"
            "请不要登记真实数据，试完即停。"
        )
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()

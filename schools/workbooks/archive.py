"""Zip containers from strangers: what is refused before anything inside is looked at.

Workbooks and uploaded documents share these checks.
"""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass

MEGABYTE = 1024 * 1024
CENTRAL_RECORD = b"PK\x01\x02"
SMALL_ENTRY = 64 * 1024
ENCRYPTED_FLAG = 0x1


@dataclass(frozen=True)
class Limits:
    """How large a container may be, packed and unpacked."""

    packed: int = 10 * MEGABYTE
    entries: int = 2_000
    unpacked: int = 150 * MEGABYTE
    ratio: int = 100


LIMITS = Limits()


class ArchiveError(ValueError):
    """A container is refused; the text is a Chinese sentence."""


def open_archive(data: bytes, limits: Limits = LIMITS) -> zipfile.ZipFile:
    """Open a zip whose directory promises no more than the limits allow.

    The directory can lie, so members are read with `read_member` only.
    """
    check_packed_size(len(data), limits)
    # Counted before the directory is parsed: parsing hundreds of thousands of records is itself the attack.
    if data.count(CENTRAL_RECORD) > limits.entries:
        raise ArchiveError(f"文件内部条目超过 {limits.entries} 个，疑似异常文件，已拒绝。")
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except Exception as error:
        raise ArchiveError("文件已损坏或不完整，请在 WPS 中打开确认后重新保存。") from error
    _check_directory(archive.infolist(), limits)
    return archive


def check_packed_size(size: int, limits: Limits = LIMITS) -> None:
    """Refuse an empty or too large file by its size alone."""
    if size == 0:
        raise ArchiveError("文件是空的（0 字节），请重新选择。")
    if size > limits.packed:
        raise ArchiveError(f"文件超过 {limits.packed // MEGABYTE} MB，请精简后再上传。")


def _check_directory(members: list[zipfile.ZipInfo], limits: Limits) -> None:
    if len(members) > limits.entries:
        raise ArchiveError(f"文件内部条目超过 {limits.entries} 个，疑似异常文件，已拒绝。")
    if sum(member.file_size for member in members) > limits.unpacked:
        raise ArchiveError(f"文件解压后超过 {limits.unpacked // MEGABYTE} MB，疑似压缩炸弹，已拒绝。")
    for member in members:
        if member.flag_bits & ENCRYPTED_FLAG:
            raise ArchiveError("文件已加密，请取消密码后重新保存再上传。")
        # The other methods unpack without any bound on what one call may yield.
        if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise ArchiveError("文件使用了不常见的压缩方式，请在 WPS 中重新保存后再上传。")
        if member.file_size > SMALL_ENTRY and member.file_size > limits.ratio * max(member.compress_size, 1):
            raise ArchiveError(f"文件内有条目压缩比超过 {limits.ratio} 倍，疑似压缩炸弹，已拒绝。")
        if "vbaproject" in member.filename.lower():
            raise ArchiveError("文件带有宏，不能接收，请另存为不带宏的文档后再上传。")
    names = [member.filename for member in members]
    if len(set(names)) != len(names):
        raise ArchiveError("文件内部有重名条目，疑似被改动，已拒绝。")


def read_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo, limits: Limits = LIMITS) -> bytes:
    """One member, verified against its own checksum; never more than the directory promised."""
    try:
        with archive.open(member) as stream:
            content = stream.read(limits.unpacked + 1)
    except Exception as error:
        raise ArchiveError("文件已损坏或不完整，请在 WPS 中打开确认后重新保存。") from error
    if len(content) != member.file_size:
        raise ArchiveError("文件内部的长度与目录不符，疑似被改动，已拒绝。")
    return content

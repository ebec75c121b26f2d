"""Unpacking the score files, and nothing else, of a tar or zip archive of a BIG-bench checkout."""

from __future__ import annotations

import lzma
import re
import shutil
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO

from jumpcheck.base.errors import InputError
from jumpcheck.base.files import is_disk_full, temporary_beside
from jumpcheck.base.rejects import Reject, describe, printable
from jumpcheck.sources.layout import MAX_BYTES, MISPLACED, TASKS_FOLDER, is_misplaced, is_score_file, unsafe_name

LEAST_ALL, TIMES_ARCHIVE = 2**28, 100
"""All members of an archive may have so many bytes, or so many times those of the archive: text shrinks to a tenth."""
_INSIDE = re.compile(rf"(?:^|/)({TASKS_FOLDER}/.*)", re.DOTALL)


def _tar_members(archive: tarfile.TarFile) -> Iterator[tuple[str, str, IO[bytes] | None]]:
    """(name, fault, stream) of every member; the stream is None where there is a fault."""
    for member in archive:
        if member.isreg():
            yield member.name, "", archive.extractfile(member)
        elif not member.isdir():
            yield member.name, "link" if member.islnk() or member.issym() else "not_a_file", None
    # tarfile takes a cut archive or a broken header for the end. But a whole archive ends with a block of zeros, and the
    # checksum of a compressed file is only compared when it is read to its end.
    archive.fileobj.seek(archive.offset)
    if archive.fileobj.read(tarfile.BLOCKSIZE) != bytes(tarfile.BLOCKSIZE):
        raise tarfile.ReadError("it ends in the middle")
    while archive.fileobj.read(2**20):
        pass


def _zip_members(archive: zipfile.ZipFile) -> Iterator[tuple[str, str, IO[bytes] | None]]:
    for info in archive.infolist():
        if stat.S_ISLNK(info.external_attr >> 16):
            yield info.filename, "link", None
        elif info.flag_bits & 1:
            yield info.filename, "encrypted", None
        elif info.filename and not info.is_dir():
            yield info.filename, "", archive.open(info)


_DETAILS = {
    "link": "a link inside the archive is not followed",
    "not_a_file": "neither a file nor a folder",
    "encrypted": "the member is encrypted; give an archive without a password",
    "repeated_member": "the archive has this file more than once; the first is taken",
    "too_large": f"more than the {MAX_BYTES} bytes that a score file may have",
    "archive_too_large": "with it the files of the archive have more bytes than text of its size can have; unpack it "
    "yourself and give the folder",
}


def _write_members(
    members: Iterable[tuple[str, str, IO[bytes] | None]], folder: Path, n_bytes_left: int
) -> tuple[list[Reject], int]:
    """Write the score files among the members below `folder`; returns (what was not written, number of files)."""
    rejects, n_files = [], 0
    for name, fault, stream in members:
        match = _INSIDE.search(name)
        if not match or not is_score_file(match[1]):
            if match and is_misplaced(match[1]):
                rejects.append(Reject("file", printable(match[1]), "", "misplaced", MISPLACED))
            continue
        path = match[1]
        detail = unsafe_name(name.removeprefix("./"))
        content = b"" if detail or fault else stream.read(min(MAX_BYTES, max(n_bytes_left, 0)) + 1)
        if detail:
            fault = "unsafe_name"
        elif not fault and len(content) > MAX_BYTES:
            fault = "too_large"
        elif not fault and len(content) > n_bytes_left:
            fault = "archive_too_large"
        elif not fault and (folder / path).exists():
            fault = "repeated_member"
        if fault:
            rejects.append(Reject("file", printable(path), "", fault, detail or _DETAILS[fault]))
            continue
        try:
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(content)
        except (FileExistsError, NotADirectoryError, IsADirectoryError):
            detail = "a file and a folder of the archive have the same name"
            rejects.append(Reject("file", printable(path), "", "unsafe_name", detail))
            continue
        n_files += 1
        n_bytes_left -= len(content)
    return rejects, n_files


def unpack(archive: Path, folder: Path) -> list[Reject]:
    """Write the score files of `archive` below `folder`, which takes the place of an older one; returns the rejects.

    Folders above `bigbench/`, of which archives made by GitHub have one, are dropped from the names. Nothing is written
    outside `folder`; links, devices and names that lead out of it are rejects.

    Raises
    ------
    InputError
        The file is no archive, is damaged, or holds no score file.
    """
    try:
        is_tar = not zipfile.is_zipfile(archive) and tarfile.is_tarfile(archive)
    except (EOFError, zlib.error, lzma.LZMAError) as error:  # cut within the first block
        raise InputError(f"source: {printable(str(archive))} is damaged ({error}); fetch it again") from None
    if zipfile.is_zipfile(archive):
        open_archive, members = zipfile.ZipFile, _zip_members
    elif is_tar:
        open_archive, members = tarfile.open, _tar_members
    else:
        raise InputError(f"source: {printable(str(archive))} is a file, but no tar or zip archive that can be read")
    temporary = temporary_beside(folder)
    try:
        with open_archive(archive) as opened:
            limit = max(LEAST_ALL, TIMES_ARCHIVE * archive.stat().st_size)
            rejects, n_files = _write_members(members(opened), temporary, limit)
        if not n_files:
            why = f"; what was not taken: {describe(rejects[:3])}" if rejects else ""
            raise InputError(
                f"source: {printable(str(archive))} holds no score file ({TASKS_FOLDER}/**/results/scores_*.json){why}"
            )
        shutil.rmtree(folder, ignore_errors=True)
        temporary.rename(folder)
    except OSError as error:
        if is_disk_full(error):
            raise
        raise InputError(f"source: {printable(str(archive))} is damaged ({error}); fetch it again") from None
    except (
        tarfile.TarError,
        zipfile.BadZipFile,
        EOFError,
        zlib.error,
        lzma.LZMAError,
        NotImplementedError,
        ValueError,
    ) as error:
        raise InputError(f"source: {printable(str(archive))} is damaged ({error}); fetch it again") from None
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    return rejects

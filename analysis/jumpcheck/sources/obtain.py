"""Any source as a folder of files, and a manifest that describes them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

from jumpcheck.base.files import disk_full_explained
from jumpcheck.base.rejects import Reject, printable
from jumpcheck.sources import archives, git, partial_clone
from jumpcheck.sources import published as preferred
from jumpcheck.sources.layout import find_score_files, is_address, is_results, list_digest, tasks_folder


def obtain(
    source: str,
    revision: str,
    raw: Path,
    say: Callable[[str], None],
    published: preferred.Published | None = None,
) -> dict:
    """Make the score files of `source` readable as a folder.

    Parameters
    ----------
    source : str
        Address of a git repository, folder, archive of one, file of results, or the word "preferred".
    revision : str
        Branch, tag or commit, for a git repository. A folder and an archive are taken as they are.
    raw : Path
        Folder for what is fetched or unpacked. A folder is read where it is.
    say : callable
        Takes lines for the user.
    published : Published, optional
        What BIG-bench's published preferred scores are; needed for "preferred", and to verify a file given as these.

    Returns
    -------
    dict
        The manifest: source, source_kind (git, archive, folder, or results of other formats), root (folder of the files),
        revision, commit, input_sha256 (None for a folder), rejects.

    Raises
    ------
    InputError
        The source cannot be had or holds no score file; the message says what to do.
    """
    manifest = {"source": source, "revision": None, "commit": None, "input_sha256": None, "rejects": []}
    if is_address(source):
        fetched = partial_clone.fetch(source, revision, raw, say)
        described = describe_written(fetched.folder, "git", fetched.rejects)
        manifest |= described | {"revision": revision, "commit": fetched.commit}
        n_kept = manifest["n_files"] - fetched.n_written
        counts = f"{manifest['n_files']:,} score files, {n_kept:,} of them from before"
        say(f"{revision} of {source} is {fetched.commit}: {counts}")
    elif source == preferred.NAME or (published and preferred.is_published_table(Path(source))):
        manifest |= _preferred(source, published, raw, say)
    elif is_results(Path(source)):
        manifest |= {"source_kind": "results", "root": source}
        manifest["preferred_sha256"] = published.sha256 if published else None
        say(f"{printable(source)} is read where it is, as results of other formats than BIG-bench's")
    elif Path(source).is_file():
        with disk_full_explained(raw / "archive"):
            rejects = archives.unpack(Path(source), raw / "archive")
        manifest |= describe_written(raw / "archive", "archive", rejects)
        say(f"{printable(source)}: {manifest['n_files']:,} score files unpacked")
    else:
        tasks_folder(Path(source))
        manifest |= {"source_kind": "folder", "root": source, "commit": _checked_out_commit(Path(source))}
        say(f"{printable(source)} is read where it is")
    return manifest


def _preferred(source: str, published: preferred.Published, raw: Path, say: Callable[[str], None]) -> dict:
    """The part of the manifest that describes the file of preferred scores, fetched or at hand, and verified."""
    if source == preferred.NAME:
        path = preferred.fetch(published, raw, say)
    else:
        path = Path(source)
        preferred.verify(path.read_bytes(), published, source)
        say(f"{printable(source)}: BIG-bench's published preferred scores, SHA-256 as published")
    return {
        "source_kind": "results",
        "root": str(path),
        "commit": published.commit,
        "is_preferred": True,
        "preferred_sha256": published.sha256,
        "input_sha256": list_digest([(published.sha256, printable(path.name))]),
    }


def describe_written(folder: Path, kind: str, rejects: list[Reject]) -> dict:
    """The part of the manifest that describes files written by this package."""
    paths, scan_rejects = find_score_files(folder)
    digests = ((hashlib.sha256((folder / path).read_bytes()).hexdigest(), printable(path)) for path in paths)
    return {
        "source_kind": kind,
        "root": str(folder),
        "n_files": len(paths),
        "input_sha256": list_digest(digests),
        "rejects": [reject._asdict() for reject in [*rejects, *scan_rejects]],
    }


def _checked_out_commit(folder: Path) -> str | None:
    """The commit that a clone has checked out (its files may have been edited); None for a folder that is no clone."""
    return git.head(folder) if (folder / ".git").exists() else None

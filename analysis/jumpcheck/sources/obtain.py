"""Any source as a folder of files, and a manifest that describes them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType

from jumpcheck.base.errors import InputError
from jumpcheck.base.files import disk_full_explained
from jumpcheck.base.rejects import Reject, printable
from jumpcheck.sources import archives, git, partial_clone, published
from jumpcheck.sources.layout import find_score_files, is_address, is_results, list_digest, tasks_folder

NONE_KNOWN: Mapping[str, published.Published] = MappingProxyType({})


def obtain(
    source: str,
    revision: str,
    raw: Path,
    say: Callable[[str], None],
    known: Mapping[str, published.Published] = NONE_KNOWN,
) -> dict:
    """Make the score files of `source` readable as a folder.

    Parameters
    ----------
    source : str
        Address of a git repository, folder, archive of one, file of results, or a word of `published.KINDS`.
    revision : str
        Branch, tag or commit, for a git repository. A folder and an archive are taken as they are.
    raw : Path
        Folder for what is fetched or unpacked. A folder is read where it is.
    say : callable
        Takes lines for the user.
    known : mapping
        What the published files of BIG-bench's scores are, by their words; needed for these words, and to tell such a file
        where it is given by its path.

    Returns
    -------
    dict
        The manifest: source, source_kind (git, archive, folder, all_metrics, or results of other formats), root (folder of
        the files), revision, commit, input_sha256 (None for a folder), rejects.

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
    elif kind := published.KINDS.get(source) or (known and published.kind_of(Path(source))):
        manifest |= _one_file(kind, source, known, raw, say)
    elif is_results(Path(source)):
        manifest |= {"source_kind": "results", "root": source}
        manifest["preferred_sha256"] = known["preferred"].sha256 if known else None
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


def _one_file(
    kind: published.Kind,
    source: str,
    known: Mapping[str, published.Published],
    raw: Path,
    say: Callable[[str], None],
) -> dict:
    """The part of the manifest that describes a published file of BIG-bench's scores, fetched or at hand."""
    wanted = known[kind.word]
    path = published.fetch(wanted, raw, say) if source == kind.word else Path(source)
    digests = published.Digests.of_file(path)
    is_published = wanted.is_it(digests)
    if source != kind.word:
        if kind is published.PREFERRED:
            published.verify(digests, wanted, source)
        as_published = "as published" if is_published else f"and so not the published file (it has {wanted.digest})"
        say(f"{printable(source)}: {kind.what}, {wanted.found(digests)}, {as_published}")
    described = {
        "root": str(path),
        "commit": wanted.commit if is_published else None,
        "input_sha256": list_digest([(digests.sha256, printable(path.name))]),
    }
    if kind is published.PREFERRED:
        return described | {"source_kind": "results", "is_preferred": True, "preferred_sha256": wanted.sha256}
    beside = _preferred_scores(source, path, known, raw, say)
    return described | {"source_kind": "all_metrics", "is_published": is_published, "preferred_file": beside}


def _preferred_scores(
    source: str, path: Path, known: Mapping[str, published.Published], raw: Path, say: Callable[[str], None]
) -> str | None:
    """The file of preferred scores, with which those of all metrics are compared: at hand, else fetched; None without it.

    It is fetched beside the file of all metrics where both come from where they were published, or from mirrors.
    """
    wanted = known["preferred"]
    for place in (path.parent, raw, raw.parent.parent / wanted.kind.dataset / raw.name):
        at_hand = place / wanted.kind.file
        if at_hand.is_file() and wanted.is_it(published.Digests.of_file(at_hand)):
            return str(at_hand)
    is_near = wanted.address.rpartition("/")[0] == known["all_metrics"].address.rpartition("/")[0]
    if source == published.ALL_METRICS.word and is_near:
        try:
            return str(published.fetch(wanted, raw, say))
        except InputError as error:
            say(f"the preferred scores are not compared with the file of them: {error}")
    return None


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

"""Outputs that are not as their jobs left them, by size and content, set aside."""

from job import running

import time
from pathlib import Path

from jumpcheck.base import made

with running(snakemake) as say:
    records = Path(snakemake.params.records)
    found = made.damaged(records, with_digests=True)
    for output, fault in found.items():
        say(f"{fault}; it is kept as {made.set_aside(output)}, and the next run makes it again")
    later = made.forget_dates(made.dated_later(records, time.time()))
    say(f"{len(found):,} damaged outputs, {later:,} files and folders dated later than now")

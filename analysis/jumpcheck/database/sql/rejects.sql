-- One row per thing that was not taken in.
select
    kind,
    file,
    location,
    reason,
    detail,
    n_numbers
from published_rejects
order by kind, file, location, reason, detail

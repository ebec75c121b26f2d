-- One row per fact about this build.
select
    key,
    value
from facts
order by key

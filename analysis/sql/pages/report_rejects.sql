-- What was not taken in, by reason.
select
    kind,
    reason,
    count(*) as n
from rejects
group by all
order by n desc, kind, reason

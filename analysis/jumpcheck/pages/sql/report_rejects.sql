-- What was not taken in, by reason: how many rejects, and how many numbers they cover.
select
    reason,
    kind,
    count(*) as rejects,
    sum(n_numbers)::bigint as numbers
from rejects
group by reason, kind
order by numbers desc, rejects desc, reason, kind

-- Verdicts and their reasons, the most frequent first.
select
    verdict,
    reason,
    count(*) as n_curves
from mirage
group by all
order by n_curves desc, verdict, reason
limit 40

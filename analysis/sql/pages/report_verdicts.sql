-- Verdicts, whether the curves jump, and what made their scores large or why there was no test, the most frequent first.
select
    verdict,
    if(jumps, 'yes', 'no') as jumps,
    coalesce(if(verdict = 'not_testable', reason, source_of_jump), '') as source_of_jump_or_why_not_tested,
    count(*) as n_curves
from breaks
group by all
order by n_curves desc, verdict, jumps, source_of_jump_or_why_not_tested
limit 40

-- Verdicts, whether the curves jump, and what made their scores large or why there was no test, the most frequent first.
select
    verdicts.called as verdict,
    breaks.jumps,
    if(breaks.verdict = 'not_testable', breaks.reason, breaks.source_of_jump) as source_of_jump_or_why_not_tested,
    count(*) as n_curves
from breaks
inner join verdicts on breaks.verdict = verdicts.verdict
group by all
order by n_curves desc, verdict, breaks.jumps, source_of_jump_or_why_not_tested
limit 40

-- Why pairs (or triplets) that jump could not be tested, or not be decided: by the largest of their curves that jump and have that
-- verdict, without its numbers.
select
    case
        when not units.is_proportion then 'not tested: the metric is not percent-correct'
        when breaks.verdict = 'not_testable' then 'not tested: ' || breaks.reason
        when breaks.p_break is null and breaks.n_examples < 6 then 'no break could be seen: test sets of fewer than 6 examples'
        when breaks.constant_answer is not null and breaks.n_informative < 3 and coalesce(breaks.p_break, 1) >= 0.05
            then 'half of the models have one and the same score: perhaps one answer to everything'
        when breaks.q_chance >= 0.05 and coalesce(breaks.p_break, 1) >= 0.05
            then 'the scores do not differ from guessing, but a rise could hide in them'
        when breaks.p_break is null and breaks.n_informative < 3
            then 'no break could be seen: too few scales with scores that are far enough from the floor and the ceiling'
        when breaks.p_break is null then 'no break could be seen: none would move five right answers'
        when breaks.p_break < 0.05 then 'p below 0.05, which does not stand among all comparisons'
        else 'a break is neither found nor excluded'
    end as why,
    count(*) as number,
    median(breaks.n_examples) as median_examples
from units
left join breaks on units.jump_curve_id = breaks.curve_id
where units.jump_verdict in ('not_testable', 'inconclusive')
group by why
order by number desc, why

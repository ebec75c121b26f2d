-- Why curves of shares that jump could not be tested, or not be decided, without the numbers of single curves.
select
    case
        when verdict = 'not_testable' then 'not tested: ' || reason
        when p_break is null and n_examples < 6 then 'no break could be seen: test sets of fewer than 6 examples'
        when constant_answer is not null and n_informative < 3 and coalesce(p_break, 1) >= 0.05
            then 'half of the models have one and the same score: perhaps one answer to everything'
        when q_chance >= 0.05 and coalesce(p_break, 1) >= 0.05
            then 'the scores do not differ from guessing, but a rise could hide in them'
        when p_break is null and n_informative < 3
            then 'no break could be seen: too few scales with scores that are far enough from the floor and the ceiling'
        when p_break is null then 'no break could be seen: none would move five right answers'
        when p_break < 0.05 then 'p below 0.05, which does not stand among all comparisons'
        else 'a break is neither found nor excluded'
    end as why,
    count(*) as curves,
    count(distinct task || model_family) as pairs_of_task_and_family,
    median(n_examples) as median_examples
from breaks
where jumps and verdict in ('not_testable', 'inconclusive')
group by why
order by curves desc, why

-- Why curves of shares that jump could not be tested, or not be decided, without the numbers of single curves.
select
    case verdict
        when 'not_testable' then 'not tested: ' || reason
        else 'inconclusive: ' || regexp_replace(split_part(reason, ' (', 1), 'at [0-9]+ scales|at a scale', 'at some scales')
    end as why,
    count(*) as curves,
    count(distinct task || model_family) as pairs_of_task_and_family,
    median(n_examples) as median_examples
from breaks
where jumps and (verdict = 'not_testable' or verdict = 'inconclusive' and not contains(reason, 'is not excluded'))
group by why
union all
select
    'inconclusive: a break is neither found nor excluded where it would be seen' as why,
    count(*) as curves,
    count(distinct task || model_family) as pairs_of_task_and_family,
    median(n_examples) as median_examples
from breaks
where jumps and verdict = 'inconclusive' and contains(reason, 'is not excluded')
having count(*) > 0
order by curves desc, why

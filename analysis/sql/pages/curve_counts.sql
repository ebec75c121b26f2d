-- How the curves of a dataset add up: all, those that are not counted, and the verdicts on the others.
select
    case kind
        when 'all' then 'all curves'
        when 'aggregate' then '− averages of parts of a task'
        when 'fewer than 5 scales' then '− fewer than 5 scales'
        when 'direction unknown' then '− not known whether higher is better, or a normalised aggregate score'
        when 'counted' then '= counted'
        when 'not percent-correct' then 'of these, not tested: the metric is not percent-correct'
        when 'not_testable' then 'of these, not tested for another reason'
        when 'break' then 'of these, tested: break'
        when 'smooth' then 'of these, tested: smooth'
        when 'at_chance' then 'of these, tested: at chance'
        else 'of these, tested: cannot be decided'
    end as kind,
    n_curves as curves,
    n_jump as that_jump
from curve_counts
order by place

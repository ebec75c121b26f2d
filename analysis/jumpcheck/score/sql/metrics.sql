-- One row per metric name seen in the results, with what the reference table knows of it.
select
    seen.metric,
    reference.is_linear::boolean as is_linear,
    reference.is_continuous::boolean as is_continuous,
    coalesce(reference.is_proportion::boolean, false) as is_proportion,
    coalesce(reference.is_bookkeeping::boolean, false) as is_bookkeeping,
    coalesce(reference.higher_is_better::boolean, seen.higher_is_better) as higher_is_better,
    reference.lower_bound::double as lower_bound,
    reference.upper_bound::double as upper_bound,
    reference.chance,
    coalesce(reference.scored_as, 'value') as scored_as,
    reference.metric is not null as known
from published_metrics as seen
left join reference_metrics as reference on seen.metric = reference.metric
order by seen.metric

-- The pairs that jump on more than half of their curves, those with the largest median first, then the largest gain.
select
    pairs.task,
    pairs.metric,
    pairs.model_family,
    pairs.median_improvement_score as median_score,
    pairs.improvement_score as largest_score,
    pairs.n_curves as curves,
    pairs.n_scales as scales,
    curves.y_min as lowest,
    curves.y_max as highest,
    curves.n_examples as examples,
    coalesce(annotations.label, 'none') as label_of_wei_et_al,
    if(tasks.note is null, '', 'yes') as see_notes
from pairs
inner join curves on pairs.curve_id = curves.curve_id
inner join tasks on pairs.task = tasks.task
left join annotations on pairs.task = annotations.task
cross join settings
where pairs.is_counted and pairs.twin_of is null and pairs.median_improvement_score > settings.emergence_threshold
order by
    pairs.median_improvement_score desc,
    (curves.y_max - curves.y_min) / greatest(abs(curves.y_max), abs(curves.y_min), 1) desc,
    pairs.task,
    pairs.metric,
    pairs.model_family
limit 40

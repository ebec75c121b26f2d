-- One row per curve whose jump was bootstrapped: the exponent that a smooth explanation needs, and how well it explains.
select
    mirage.curve_id,
    mirage.task,
    mirage.subtask,
    mirage.shots,
    mirage.metric,
    mirage.filter,
    mirage.model_family,
    mirage.slope,
    mirage.slope_low,
    mirage.slope_high,
    mirage.p_sharp,
    mirage.q_sharp,
    mirage.p_smooth,
    mirage.verdict,
    coalesce(annotations.label = 'emergent', false) as is_annotated,
    count(*) over () as n_drawn,
    (select count(*) from mirage where verdict <> 'not_testable') as n_tested
from mirage
left join annotations on mirage.task = annotations.task
where mirage.p_sharp is not null
order by mirage.task, mirage.subtask, mirage.shots, mirage.metric, mirage.filter, mirage.model_family

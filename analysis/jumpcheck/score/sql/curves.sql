-- One row per task, subtask, shots, metric, filter and model family: its scaling curve, how suddenly it rises, and
-- whether it is counted and jumps by the settings of the run.
select
    scored_curves.*,
    scored_curves.entry_kind <> 'aggregate'
    and scored_curves.metric <> 'normalized_aggregate_score'
    and scored_curves.n_scales >= settings.min_scales_counted
    and scored_curves.direction is not null as is_counted,
    coalesce(scored_curves.improvement_score > settings.emergence_threshold, false) as is_above,
    coalesce(scored_curves.improvement_score > jump_threshold(scored_curves.straight_line_score), false) as jumps
from scored_curves
cross join settings
order by task, subtask, shots, metric, filter, model_family

-- One row per curve of a metric that is a proportion: its points, and what the break test must know besides.
-- Checkpoints of one run answer alike: their errors are correlated, and the test takes the points of a curve as independent.
-- not_testable is the code of the reason why a curve cannot be tested (words.yml); NULL for curves that are tested.
with checkpoints as (
    select model_family
    from models
    where scale_basis in ('training_tokens', 'training_steps')
    group by model_family
),

known as (
    select
        scored_curves.curve_id,
        scored_curves.task,
        scored_curves.subtask,
        scored_curves.shots,
        scored_curves.metric,
        scored_curves.filter,
        scored_curves.model_family,
        scored_curves.entry_kind,
        scored_curves.is_preferred,
        scored_curves.n_scales,
        scored_curves.n_examples,
        scored_curves.n_source,
        scored_curves.n_ambiguous,
        scored_curves.improvement_score,
        scored_curves.straight_line_score,
        scored_curves.status,
        checkpoints.model_family is not null as is_of_checkpoints,
        series.scales,
        series.ys,
        series.models_per_point as n_models,
        coalesce(scored_curves.y_min >= 0 and scored_curves.y_max <= 1, true) as is_share,
        coalesce(notes.no_shares::boolean, false) as no_shares,
        case
            when metrics.chance = '0' then 0
            when metrics.chance = 'given' and series.chance_max - series.chance_min < 1e-9
                and series.chance_min >= 0 and series.chance_max < 1
                then series.chance_min
        end::double as chance,
        case when chance is null then null when metrics.chance = '0' then 'definition' else series.chance_source end as chance_source
    from scored_curves
    inner join metrics on scored_curves.metric = metrics.metric
    inner join series on scored_curves.curve_id = series.curve_id
    left join reference_task_notes as notes on scored_curves.task = notes.task
    left join checkpoints on scored_curves.model_family = checkpoints.model_family
    where metrics.is_proportion
)

select
    known.*,
    case
        when entry_kind = 'aggregate' then 'aggregate'
        when n_scales < settings.min_scales_counted then 'few_scales'
        when status = 'flat' then 'flat'
        when is_of_checkpoints then 'checkpoints'
        when no_shares then 'not_counts'
        when n_source = 'mixed' then 'mixed_test_sets'
        when n_source = 'rounded' then 'rounded'
        when n_source = 'open' then 'few_values'
        when n_source = 'refused' then 'refused_size'
        when n_examples is null then 'no_test_set_size'
        when chance is null then 'no_chance_rate'
        when not is_share then 'outside'
    end as not_testable
from known
cross join settings
order by task, subtask, shots, metric, filter, model_family

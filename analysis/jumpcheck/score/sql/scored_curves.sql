-- One row per task, subtask, shots, metric, filter and model family: its scaling curve and how suddenly it rises.
--   I(y)            = sign(argmax y - argmin y) * (max y - min y)
--   emergence_score = I(y) / sqrt(median(step^2))        linearity = I(y) / sqrt(mean(step^2))
-- Means of the same numbers in another order differ in the last bit: what differs by no more than 1e-12 of the largest |score|
-- of the curve is equal, both for a step and for ties of the extremes, which go to the smaller scale.
with ranges as (
    select
        *,
        list_max(ys) as y_max,
        list_min(ys) as y_min,
        1e-12 * greatest(abs(list_max(ys)), abs(list_min(ys))) as tolerance
    from series
),

shapes as (
    select
        *,
        list_position([y_max - y <= tolerance for y in ys], true)
        - list_position([y - y_min <= tolerance for y in ys], true) as max_after_min,
        -- In units of the range, so that no square is too small for double precision.
        [step * step for step in [
            if(abs(y - ys[i]) <= tolerance, 0, (y - ys[i]) / (y_max - y_min)) for y, i in ys[2:]
        ]] as squared_steps
    from ranges
),

middles as (
    select
        *,
        list_median(squared_steps) as median_step
    from shapes
),

statuses as (
    select
        middles.*,
        case
            when len(ys) < settings.min_scales then 'too_few_scales'
            when max_after_min = 0 then 'flat'
            when median_step = 0 then 'infinite'
            else 'ok'
        end as status
    from middles
    cross join settings
),

scored as (
    select
        *,
        case when status in ('ok', 'infinite') then sign(max_after_min) / sqrt(median_step) end as emergence_score,
        case when status in ('ok', 'infinite') then sign(max_after_min) / sqrt(list_avg(squared_steps)) end as linearity,
        -- What a curve scores that is a straight line in log scale, at these scales.
        ln(scales[-1] / scales[1]) / sqrt(list_median([ln(scale / scales[i]) ** 2 for scale, i in scales[2:]]))
            as straight_line_score
    from statuses
),

examples as (
    -- Of a share: what the source gives for all models alike; where it gives nothing, what is recovered from the shares.
    select
        scored.*,
        -- NULL where neither end is better, or nobody knows which.
        case when metrics.higher_is_better then 1 when not metrics.higher_is_better then -1 end::tinyint as direction,
        metrics.is_proportion and scored.entry_kind <> 'aggregate' as is_share,
        -- The number of examples that standard errors give is exact. If the shares prove a number of which it is not a
        -- multiple, neither number is used.
        scored.n_examples_max = 0 and scored.n_of_errors is not null as is_of_errors,
        is_of_errors and recovered_examples.n_source = 'values' and scored.n_of_errors % recovered_examples.n_examples <> 0
            as is_contradicted,
        -- Standard errors of normalised scores and of averages can ask for more examples than a benchmark has.
        -- Rounded errors do not tell the number, but that it is another one.
        coalesce(
            if(
                is_of_errors,
                scored.n_of_errors > recovered_examples.largest_size,
                scored.n_examples_max = 0
                and recovered_examples.n_examples / scored.n_of_error_median not between 0.5 and 2
            ),
            false
        ) as is_refused,
        case
            when not is_share or is_contradicted or is_refused then null
            when is_of_errors then scored.n_of_errors
            when scored.n_examples_max = 0 then recovered_examples.n_examples
            when scored.n_examples_min = scored.n_examples_max then scored.n_examples_min
        end as n_examples,
        case
            when not is_share then null
            when is_refused then 'refused'
            when is_contradicted then 'mixed'
            when is_of_errors then 'stderr'
            when scored.n_examples_max = 0 then recovered_examples.n_source
            when scored.n_examples_min = scored.n_examples_max then if(scored.n_is_of_rule, 'rule', 'given')
            else 'mixed'
        end as n_source,
        case
            when not is_share or is_contradicted or is_refused then null
            when is_of_errors then false
            when scored.n_examples_max = 0 then recovered_examples.n_ambiguous
            when scored.n_examples_min = scored.n_examples_max then false
        end as n_ambiguous
    from scored
    inner join metrics on scored.metric = metrics.metric
    left join recovered_examples
        on scored.task = recovered_examples.task
        and scored.subtask = recovered_examples.subtask
        and scored.model_family = recovered_examples.model_family
        and split_of(scored.filter) = recovered_examples.split
    where not metrics.is_bookkeeping
)

select
    curve_id,
    task,
    subtask,
    shots,
    metric,
    filter,
    model_family,
    entry_kind,
    len(ys)::integer as n_scales,
    n_models,
    n_without_scale,
    is_preferred,
    scored_as,
    y_min,
    y_max,
    emergence_score,
    direction * emergence_score as improvement_score,
    linearity,
    abs(emergence_score) / (len(ys) - 1) as sharpness,
    straight_line_score,
    direction,
    status,
    1 / n_examples as smallest_step,
    n_examples,
    n_source,
    n_ambiguous
from examples
order by task, subtask, shots, metric, filter, model_family

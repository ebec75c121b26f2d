-- One row per curve: its points by rising scale as lists, and what its numbers have in common. This is the one place where
-- points are made: models of one family at one scale are averaged, and models without a scale are no point.
with places as (
    -- The place of every model among the scales of its family, found once and not once per curve.
    select
        model_family,
        model,
        dense_rank() over (partition by model_family order by scale)::usmallint as place
    from models
    where scale is not null
),

families as (
    select
        model_family,
        -- Whether every number of a family is a point by itself, as in nearly all.
        count(*) = count(distinct scale) as is_plain,
        list(distinct scale order by scale) filter (scale is not null) as scales
    from models
    group by model_family
),

-- The mean p of n zeros and ones has the standard error sqrt(p (1 - p) / (n - 1)), with n - 1 as in most harnesses. So
-- n follows from the score and its error. If n or p n is not a whole number, the score is another kind of mean. The
-- mean of several runs does not give n.
with_errors as (
    select
        *,
        if(score > 0 and score < 1 and stderr > 0 and n_runs = 1, 1 + score * (1 - score) / (stderr * stderr), null) as n_of_error
    from scores
),

collected as (
    -- Scores and places of a curve are collected in one order. Sorting them afterwards costs half of
    -- list(score order by place).
    select
        scores.curve_id,
        scores.task,
        scores.subtask,
        scores.shots,
        scores.metric,
        scores.filter,
        scores.model_family,
        any_value(scores.entry_kind) as entry_kind,
        bool_or(scores.is_preferred) as is_preferred,
        -- 0 where the source does not give it.
        min(coalesce(scores.n_examples, 0)) as n_examples_min,
        max(coalesce(scores.n_examples, 0)) as n_examples_max,
        coalesce(bool_or(scores.n_source = 'rule'), false) as n_is_of_rule,
        median(scores.n_of_error) as n_of_error_median,
        -- One error alone is a whole number by accident too often.
        count(scores.n_of_error) >= count(*) filter (
            scores.n_of_error is null and scores.score > 0 and scores.score < 1 and scores.n_runs = 1
        ) as have_errors,
        round(min(scores.n_of_error)) as n_of_error_min,
        round(max(scores.n_of_error)) as n_of_error_max,
        bool_and(
            abs(scores.n_of_error - round(scores.n_of_error)) <= least(1e-6 * scores.n_of_error, 0.01)
            and abs(scores.score * scores.n_of_error - round(scores.score * scores.n_of_error))
            <= least(1e-6 * scores.n_of_error, 0.01)
        ) as errors_are_of_counts,
        min(scores.chance) filter (places.place is not null) as chance_min,
        max(scores.chance) filter (places.place is not null) as chance_max,
        max(scores.chance_source) filter (places.place is not null) as chance_source,
        list(scores.score) as unsorted,
        list(places.place) as unsorted_places
    from with_errors as scores
    left join places on scores.model_family = places.model_family and scores.model = places.model
    where isfinite(scores.score)
    group by all
),

measured as (
    -- A perplexity is the exponential of a loss. It is scored as its logarithm, where all of the curve have one.
    select
        collected.* exclude (unsorted),
        coalesce(metrics.scored_as = 'log' and list_min(collected.unsorted) > 0, false) as is_log,
        if(is_log, [ln(y) for y in collected.unsorted], collected.unsorted) as unsorted
    from collected
    left join metrics on collected.metric = metrics.metric
),

numbered as (
    select
        measured.*,
        families.is_plain,
        families.scales as family_scales,
        list_sort(if(families.is_plain, unsorted_places, list_distinct(unsorted_places))) as point_places
    from measured
    left join families on measured.model_family = families.model_family
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
    is_preferred,
    if(is_log, 'log', 'value') as scored_as,
    n_examples_min,
    n_examples_max,
    n_is_of_rule,
    n_of_error_median,
    if(
        errors_are_of_counts and have_errors and n_of_error_min = n_of_error_max and n_of_error_min <= 1000000,
        n_of_error_min,
        null
    )::bigint as n_of_errors,
    chance_min,
    chance_max,
    chance_source,
    list_count(unsorted_places)::bigint as n_models,
    len(unsorted) - list_count(unsorted_places) as n_without_scale,
    list_select(family_scales, point_places) as scales,
    case
        when is_plain then list_select(unsorted, list_grade_up(unsorted_places))
        -- Sorted before they are averaged, so that the mean has the same bits in every run.
        else [
            list_avg(list_sort([y for y, i in unsorted if unsorted_places[i] = place]))
            for place in point_places
        ]
    end as ys,
    case
        when is_plain then list_resize([1], len(unsorted), 1)
        else [len([one for one in unsorted_places if one = place]) for place in point_places]
    end::integer[] as models_per_point
from numbered
-- By one number, which sorts faster than the texts of the key.
order by curve_id

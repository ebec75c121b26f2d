-- One row per point of the 12 most sudden pairs, one per task: those with the largest median over their curves, then with the
-- largest gain. Drawn is the curve of the largest score. Pairs of families whose scores repeat another one's are left out.
with candidates as (
    select
        pairs.task,
        pairs.metric,
        pairs.model_family,
        pairs.curve_id,
        pairs.curve_shots as shots,
        pairs.improvement_score,
        pairs.median_improvement_score,
        pairs.n_curves,
        curves.n_examples,
        (curves.y_max - curves.y_min) / greatest(abs(curves.y_max), abs(curves.y_min), 1) as gain
    from pairs
    inner join curves on pairs.curve_id = curves.curve_id
    inner join metrics on pairs.metric = metrics.metric
    cross join settings
    where pairs.is_counted and pairs.twin_of is null and pairs.median_improvement_score > settings.emergence_threshold
        -- A share outside 0 to 1 is a fault of what was published.
        and not (metrics.is_proportion and (curves.y_min < 0 or curves.y_max > 1))
),

best as (
    select *
    from candidates
    qualify row_number() over (
        partition by task order by median_improvement_score desc, gain desc, metric, model_family
    ) = 1
),

chosen as (
    select
        *,
        row_number() over (order by median_improvement_score desc, gain desc, task) as place,
        (select count(*) from candidates) as n_pairs
    from best
    qualify place <= 12
)

select
    chosen.* exclude (gain),
    points.scale,
    points.scale_basis,
    points.score,
    points.score_low,
    points.score_high
from chosen
inner join point_intervals as points on chosen.curve_id = points.curve_id
order by chosen.place, points.scale

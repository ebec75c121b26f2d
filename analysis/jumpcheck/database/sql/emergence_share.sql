-- One row per model family and metric: the share of counted curves whose improvement score is above the threshold, with a
-- 95 % Wilson interval. A flat curve counts as not above. Curves that are not counted, such as those of fewer than 5 scales,
-- are in n_left_out and nowhere else: with 3 scales the score cannot exceed 2.
with counted as (
    select
        curves.model_family,
        curves.metric,
        count(*) filter (curves.is_counted) as n_curves,
        count(*) filter (curves.is_counted and curves.is_above) as n_above,
        count(*) filter (curves.is_counted and curves.improvement_score = 'infinity'::double) as n_infinite,
        count(*) filter (curves.is_counted and curves.status = 'flat') as n_flat,
        count(*) filter (not curves.is_counted) as n_left_out,
        any_value(metrics.higher_is_better) is not null as direction_known
    from curves
    left join metrics on curves.metric = metrics.metric
    where curves.entry_kind <> 'aggregate' and curves.metric <> 'normalized_aggregate_score'
    group by all
),

shares as (
    select
        *,
        nullif(n_curves, 0)::double as n,
        n_above / nullif(n_curves, 0) as share
    from counted
)

select
    model_family,
    metric,
    n_curves,
    n_above,
    n_infinite,
    n_flat,
    n_left_out,
    direction_known,
    share,
    wilson_interval(share, n).low as share_low,
    wilson_interval(share, n).high as share_high
from shares
order by model_family, metric

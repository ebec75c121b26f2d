-- One row per metric and model family with replicates (scores.n_runs above 1): how much the runs of one model scatter beyond the
-- draws of a test set, as an intra-class correlation, beside what the break test takes the models of the family to scatter.
--   sum(run_sd^2 - p (1 - p) / n) / sum(p (1 - p))
with runs as (
    select
        scores.metric,
        scores.model_family,
        scores.n_runs,
        scores.score * (1 - scores.score) as variance,
        scores.run_sd ** 2 - scores.score * (1 - scores.score) / curves.n_examples as excess
    from scores
    inner join curves on scores.curve_id = curves.curve_id
    where scores.n_runs > 1 and curves.n_examples is not null and scores.score between 0 and 1
),

pools as (
    select
        metric,
        model_family,
        median(scatter) as scatter_of_models
    from breaks
    group by metric, model_family
)

select
    runs.metric,
    runs.model_family,
    count(*) as n_numbers,
    sum(runs.n_runs)::bigint as n_runs,
    fsum(runs.excess) / nullif(fsum(runs.variance), 0) as scatter_of_runs,
    any_value(pools.scatter_of_models) as scatter_of_models
from runs
left join pools on runs.metric = pools.metric and runs.model_family = pools.model_family
group by runs.metric, runs.model_family
order by runs.metric, runs.model_family

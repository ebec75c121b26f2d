-- One row per curve of a proportion metric: the fit of the smooth law, its tests among all tests of the run, the verdict.
with tested as (
    select
        trials.* exclude (scales, ys, n_models),
        measured.* exclude (curve_id)
    from trials
    left join measured on trials.curve_id = measured.curve_id
),

-- Benjamini-Hochberg over all testable curves. One that was not bootstrapped counts with p = 1.
ranked as (
    select
        curve_id,
        metric,
        p_smooth,
        coalesce(p_sharp, 1) as p_sharp,
        count(*) over () as n_tests,
        count(*) over (partition by metric) as n_tests_metric,
        rank() over (order by p_smooth) + count(*) over (partition by p_smooth) - 1 as rank_smooth,
        rank() over (order by coalesce(p_sharp, 1)) + count(*) over (partition by coalesce(p_sharp, 1)) - 1 as rank_sharp,
        rank() over (partition by metric order by p_smooth)
        + count(*) over (partition by metric, p_smooth) - 1 as rank_smooth_metric,
        rank() over (partition by metric order by coalesce(p_sharp, 1))
        + count(*) over (partition by metric, coalesce(p_sharp, 1)) - 1 as rank_sharp_metric
    from tested
    where not_testable is null
),

corrected as (
    select
        curve_id,
        min(p_smooth * n_tests / rank_smooth) over (order by p_smooth desc) as q_smooth,
        min(p_sharp * n_tests / rank_sharp) over (order by p_sharp desc) as q_sharp,
        min(p_smooth * n_tests_metric / rank_smooth_metric) over (partition by metric order by p_smooth desc)
            as q_smooth_metric,
        min(p_sharp * n_tests_metric / rank_sharp_metric) over (partition by metric order by p_sharp desc)
            as q_sharp_metric
    from ranked
),

judged as (
    select
        tested.*,
        corrected.* exclude (curve_id),
        case
            when tested.not_testable is not null then 'not_testable'
            when not coalesce(tested.improvement_score > settings.emergence_threshold, false) then 'no_jump'
            when corrected.q_sharp < 0.05 or corrected.q_smooth < 0.05 then 'unexplained'
            when tested.slope_high < settings.steepest_plausible_slope then 'steep'
            when coalesce(tested.score_noise_free, 0) < settings.emergence_threshold then 'resolution'
            else 'mirage'
        end as verdict
    from tested
    cross join settings
    left join corrected on tested.curve_id = corrected.curve_id
)

select
    curve_id,
    task,
    subtask,
    shots,
    metric,
    filter,
    model_family,
    n_scales,
    n_examples,
    n_source,
    n_ambiguous,
    chance,
    improvement_score,
    slope,
    slope_se,
    slope_low,
    slope_high,
    intercept,
    fit_status,
    deviance,
    rho,
    dispersion,
    dispersion_source,
    p_smooth,
    p_smooth_binomial,
    p_sharp,
    n_draws,
    q_smooth,
    q_sharp,
    q_smooth_metric,
    q_sharp_metric,
    score_noise_free,
    n_resolve,
    forecast_low,
    forecast_high,
    forecast_hit,
    forecast_status,
    forecast_far_low,
    forecast_far_high,
    forecast_far_hit,
    forecast_far_status,
    verdict,
    case verdict
        when 'not_testable' then not_testable
        when 'no_jump' then 'improvement score not above the threshold'
        when 'unexplained' then case
            when q_smooth < 0.05 and q_sharp < 0.05
                then 'no smooth power law fits the points, and the nearest one does not jump so much'
            when q_smooth < 0.05 then 'no smooth power law fits the points'
            else 'the fitted power law does not jump so much'
        end
        when 'steep' then 'a power law fits, but only with an exponent below ' || format('{:.2f}', slope_high)
        when 'resolution' then case
            when n_resolve is not null
                then format('the fitted law does not jump, nor would most scores drawn from it with {:d} examples', n_resolve)
            else 'the fitted law does not jump'
        end
        else 'a power law of plausible exponent, seen through this metric, jumps as much'
    end as reason
from judged
order by task, subtask, shots, metric, filter, model_family

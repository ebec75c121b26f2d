-- One row per law: how often its informative 90 % intervals hold the next score, of all curves that are not at chance, of those of
-- the two metrics, and of those that jump.
with forecast as (
    select
        forecasts.*,
        breaks.task,
        breaks.metric,
        breaks.jumps
    from forecasts
    inner join breaks on forecasts.curve_id = breaks.curve_id
    where breaks.verdict <> 'at_chance'
),

of_laws as (
    select
        law,
        sum(n_best) as n_best,
        sum(n_forecasts * mean_log_score) / sum(n_forecasts) as mean_log_score
    from law_scores
    group by law
),

of_tasks as (
    select
        law,
        avg(held) as held
    from (
        select
            law,
            task,
            avg(hit::integer) as held
        from forecast
        where is_informative
        group by law, task
    ) as each_task
    group by law
),

counted as (
    select
        law,
        count(distinct curve_id) as n_curves,
        count(*) as n,
        count(*) filter (is_informative) as n_informative,
        avg(hit::integer) filter (is_informative) as held,
        avg(hit::integer) filter (is_informative and metric = 'exact_str_match') as held_exact,
        avg(hit::integer) filter (is_informative and metric = 'multiple_choice_grade') as held_choice,
        avg(hit::integer) filter (is_informative and jumps) as held_jumps,
        count(*) filter (is_informative and score > high) as n_above,
        count(*) filter (is_informative and score < low) as n_below
    from forecast
    group by law
)

select
    counted.law,
    format('{} of {:,}', of_laws.n_best, counted.n_curves) as foretells_best,
    round(of_laws.mean_log_score, 2) as mean_log_score,
    format('{:.0f} %', 100 * counted.n_informative / counted.n) as informative,
    format('{:.1f} %', 100 * counted.held) as of_these_hold,
    format('{:.1f} %', 100 * of_tasks.held) as mean_over_tasks,
    format('{:.1f} %', 100 * counted.held_exact) as exact_match,
    format('{:.1f} %', 100 * counted.held_choice) as multiple_choice,
    format('{:.1f} %', 100 * counted.held_jumps) as curves_that_jump,
    counted.n_above as score_above,
    counted.n_below as score_below
from counted
inner join of_laws on counted.law = of_laws.law
inner join of_tasks on counted.law = of_tasks.law
order by of_laws.mean_log_score desc

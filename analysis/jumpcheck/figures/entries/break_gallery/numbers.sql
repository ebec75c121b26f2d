-- One row per point of up to 12 curves that jump: of every verdict in turn those with the largest improvement score, one
-- curve per task.
with jumps as (
    select
        *,
        count(*) over (partition by verdict) as n_of_verdict
    from breaks
    where jumps and verdict <> 'not_testable'
),

best as (
    select *
    from jumps
    qualify row_number() over (
        partition by task, verdict order by improvement_score desc, n_examples desc, subtask, shots, metric, filter, model_family
    ) = 1
),

turns as (
    select
        *,
        row_number() over (
            partition by verdict order by improvement_score desc, n_examples desc, task, subtask, shots, metric, filter, model_family
        ) as turn
    from best
),

chosen as (
    select
        turns.*,
        verdicts.place as verdict_place
    from turns
    inner join verdicts on turns.verdict = verdicts.verdict
    qualify row_number() over (order by turns.turn, verdicts.place) <= 12
),

placed as (select *, row_number() over (order by verdict_place, turn) as place from chosen)

select
    placed.place,
    placed.curve_id,
    placed.task,
    placed.subtask,
    placed.shots,
    placed.metric,
    placed.filter,
    placed.model_family,
    placed.verdict,
    placed.n_of_verdict,
    placed.improvement_score,
    placed.n_examples,
    placed.chance,
    placed.level,
    placed.slope,
    placed.curvature,
    placed.floor,
    placed.scatter,
    placed.q_break,
    placed.break_scale,
    placed.break_size,
    placed.break_size_high,
    points.scale,
    points.scale_basis,
    points.score,
    points.n_models,
    points.score_low,
    points.score_high
from placed
inner join point_intervals as points on placed.curve_id = points.curve_id
order by placed.place, points.scale

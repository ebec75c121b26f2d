-- One row per point of up to 12 curves that jump: of every verdict in turn those with the largest improvement score, one
-- curve per task.
with jumps as (
    select
        *,
        count(*) over (partition by verdict) as n_of_verdict
    from mirage
    where verdict in ('unexplained', 'steep', 'resolution', 'mirage')
),

best as (
    select *
    from jumps
    qualify row_number() over (
        partition by task, verdict order by improvement_score desc, n_examples desc, subtask, shots, metric, model_family
    ) = 1
),

turns as (
    select
        *,
        row_number() over (
            partition by verdict order by improvement_score desc, n_examples desc, task, subtask, shots, metric, model_family
        ) as turn
    from best
),

chosen as (
    select
        *,
        list_position(['unexplained', 'steep', 'resolution', 'mirage'], verdict) as verdict_place
    from turns
    qualify row_number() over (order by turn, verdict_place) <= 12
)

select
    dense_rank() over (order by chosen.verdict_place, chosen.turn) as place,
    chosen.task,
    chosen.subtask,
    chosen.shots,
    chosen.metric,
    chosen.model_family,
    chosen.verdict,
    chosen.n_of_verdict,
    chosen.improvement_score,
    chosen.n_examples,
    chosen.chance,
    chosen.slope,
    chosen.slope_high,
    chosen.intercept,
    chosen.rho,
    chosen.p_smooth,
    chosen.p_sharp,
    models.scale,
    avg(scores.score order by scores.score) as score,
    count(*) as n_models
from chosen
inner join scores
    on chosen.task = scores.task
    and chosen.subtask = scores.subtask
    and chosen.shots is not distinct from scores.shots
    and chosen.metric = scores.metric
    and chosen.model_family = scores.model_family
inner join models on scores.model_family = models.model_family and scores.model = models.model
where models.scale is not null
group by all
order by place, models.scale

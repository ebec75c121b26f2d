-- One row per curve of which guessing gets a known share: whether its scores differ from guessing, and whether it is at chance.
--   q_chance = p_chance among the curves of the same task, metric and model family (Benjamini and Hochberg 1995)
-- At chance is a curve whose scores do not differ from guessing, where a rise of smallest_rise is ruled out, and which is not one
-- answer to everything.
create or replace temp macro guessing() as table (
    with ranked as (
        select
            measured.curve_id,
            measured.p_chance,
            measured.chance_bound,
            measured.constant_answer,
            trials.task,
            trials.metric,
            trials.model_family,
            measured.p_chance * count(*) over triplet / count(*) over (triplet order by measured.p_chance) as p_by_rank
        from measured
        inner join trials on measured.curve_id = trials.curve_id
        where measured.p_chance is not null
        window triplet as (partition by trials.task, trials.metric, trials.model_family)
    ),

    corrected as (
        select
            *,
            least(1, min(p_by_rank) over (partition by task, metric, model_family order by p_chance desc)) as q_chance
        from ranked
    )

    select
        corrected.curve_id,
        corrected.q_chance,
        corrected.q_chance >= settings.fdr
        and corrected.chance_bound < settings.smallest_rise
        and corrected.constant_answer is null as is_at_chance
    from corrected
    cross join settings
)

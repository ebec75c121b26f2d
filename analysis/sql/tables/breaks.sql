-- One row per curve of a proportion metric: whether there is a break, among all tests of the run, and what made its score large.
with selected as (
    -- Triplets with a break at a false discovery rate of 5 %: within each of them curves are judged at the level that so many
    -- selected ones leave (Benjamini and Bogomolov 2014).
    select
        *,
        count(*) over () as n_groups,
        count(*) filter (q < 0.05) over () as n_selected
    from tested_groups(false)
),

tested as (
    select
        list_min(trials.n_models) as n_models_least,
        trials.* exclude (scales, ys, n_models, entry_kind, is_preferred, status, is_of_checkpoints, is_share, no_shares),
        measured.* exclude (curve_id, point_scores, point_informations),
        guessing.q_chance,
        coalesce(guessing.is_at_chance, false) as is_at_chance,
        coalesce(trials.improvement_score > jump_threshold(trials.straight_line_score), false) as jumps,
        jump_threshold(trials.straight_line_score) as needed_to_jump
    from trials
    left join measured on trials.curve_id = measured.curve_id
    left join guessing() as guessing on trials.curve_id = guessing.curve_id
),

ranked as (
    select
        tested.curve_id,
        tested.task,
        tested.metric,
        tested.model_family,
        tested.p_break,
        selected.q,
        if(selected.q < 0.05, selected.n_groups / selected.n_selected, 1) as n_per_selected,
        tested.p_break
        * count(*) over (partition by tested.task, tested.metric, tested.model_family)
        / (
            rank() over (partition by tested.task, tested.metric, tested.model_family order by tested.p_break)
            + count(*) over (partition by tested.task, tested.metric, tested.model_family, tested.p_break) - 1
        ) as p_by_rank
    from tested
    inner join selected
        on tested.task = selected.task and tested.metric = selected.metric and tested.model_family = selected.model_family
    where tested.p_break is not null
),

corrected as (
    select
        curve_id,
        greatest(
            q,
            least(1, n_per_selected * min(p_by_rank) over (partition by task, metric, model_family order by p_break desc))
        ) as q_break
    from ranked
),

judged as (
    select
        tested.*,
        corrected.q_break,
        case
            when tested.not_testable is not null then 'not_testable'
            -- A small break can be the shape of a smooth law that is no quadratic, and is not called one.
            when corrected.q_break < 0.05 and tested.size_high >= settings.smallest_break then 'break'
            when tested.is_at_chance then 'at_chance'
            when tested.size_high < settings.smallest_break and corrected.q_break >= 0.05 then 'smooth'
            else 'inconclusive'
        end as verdict
    from tested
    cross join settings
    left join corrected on tested.curve_id = corrected.curve_id
),

sourced as (
    select
        *,
        case
            when not jumps or verdict in ('not_testable', 'inconclusive') then null
            when verdict = 'break' then 'break'
            -- Half of the steps, so that the median step is one.
            when 2 * n_ties >= n_scales - 1 and score_without_ties <= needed_to_jump then 'ties'
            when score_noise_free > needed_to_jump then 'metric'
            when n_resolve > n_examples then 'resolution'
        end as source_of_jump
    from judged
)

select
    sourced.curve_id,
    sourced.task,
    sourced.subtask,
    sourced.shots,
    sourced.metric,
    sourced.filter,
    sourced.model_family,
    sourced.n_scales,
    sourced.n_examples,
    sourced.n_source,
    sourced.n_ambiguous,
    sourced.chance,
    sourced.improvement_score,
    sourced.score_low,
    sourced.score_high,
    sourced.n_ties,
    sourced.score_without_ties,
    sourced.score_noise_free,
    sourced.n_resolve::bigint as n_resolve,
    sourced.jumps,
    if(sourced.level is null, null, 'quadratic in log scale') as law,
    sourced.level,
    sourced.slope,
    sourced.curvature,
    sourced.floor,
    sourced.scatter,
    case when sourced.is_told_by_pool then 'pool' when not sourced.is_told_by_pool then 'prior' end as scatter_source,
    sourced.n_pool,
    sourced.n_informative,
    sourced.p_break,
    sourced.q_break,
    sourced.p_break_low_scatter,
    sourced.p_chance,
    sourced.q_chance,
    sourced.chance_bound,
    sourced.constant_answer,
    sourced.break_scale,
    sourced.break_size,
    sourced.break_size_low,
    sourced.break_size_up,
    sourced.size_high as break_size_high,
    sourced.high_scale,
    if(sourced.verdict = 'inconclusive', sourced.n_to_decide, null)::bigint as n_to_decide,
    sourced.verdict,
    sourced.source_of_jump,
    case sourced.verdict
        when 'not_testable' then sourced.not_testable
        when 'at_chance' then format(
            'the scores do not differ from guessing, and a rise of {:.3f} above the chance rate is excluded', sourced.chance_bound
        )
        when 'break' then format(
            'from scale {:.3g} on the loss is lower by a factor of {:.3g} than a smooth law gives',
            sourced.break_scale, exp(sourced.break_size)
        )
        when 'smooth' then format(
            'a break of a factor {:.1f} of the loss is excluded at every scale from the third on where it would be seen',
            exp(settings.smallest_break)
        )
        else case
            when sourced.p_break is null and sourced.n_examples * sourced.n_models_least < 6
                then format('no break could be seen: of {} examples no score tells anything of the loss', sourced.n_examples)
            when sourced.constant_answer is not null and sourced.n_informative < 3 and coalesce(sourced.p_break, 1) >= 0.05
                then format(
                    'at least half of the models have the same score, {:.4g}: they may give one answer to everything',
                    sourced.constant_answer
                )
            when sourced.q_chance >= 0.05 and coalesce(sourced.p_break, 1) >= 0.05
                then format(
                    'the scores do not differ from guessing, but a rise of {:.3f} above the chance rate could hide in them (at '
                    || 'chance needs less than {:g})', sourced.chance_bound, settings.smallest_rise
                )
            when sourced.p_break is null and sourced.n_informative < 3
                then 'no break could be seen: at too few scales the scores are far enough from the floor and the ceiling to tell '
                || 'the loss (more examples, or more models where they are, would decide)'
            when sourced.p_break is null
                then 'no break could be seen: none of smallest_break would move five right answers where two scales before it tell '
                || 'the loss (more examples would decide)'
            when sourced.q_break < 0.05 then format(
                'a small break, from scale {:.3g} on by a factor of {:.3g}, stands among all comparisons, but one of a factor {:.1f} is '
                || 'excluded, and a smooth law of another shape can give it too',
                sourced.break_scale, exp(sourced.break_size), exp(settings.smallest_break)
            )
            when sourced.p_break_low_scatter < 0.05 and sourced.p_break >= 0.05 then format(
                'it depends on how much models scatter, which {} cannot tell: p is {:.2g} with little scatter and {:.2g} with much',
                if(sourced.n_pool = 1, 'one curve', sourced.n_pool || ' curves'), sourced.p_break_low_scatter, sourced.p_break
            )
            when sourced.p_break < 0.05 then format(
                'the likeliest break, from scale {:.3g} on by a factor of {:.3g}, has p = {:.2g}, which does not stand among all '
                || 'comparisons', sourced.break_scale, exp(sourced.break_size), sourced.p_break
            )
            when sourced.jump_is_hidden
                then 'the largest rise comes where the scores before it are too near the floor to tell the loss (more examples, or '
                || 'models of scales between, would decide)'
            when sourced.n_hidden > 0 then format(
                'a break could hide at {} before which scores are too near the floor to tell the loss (more examples would decide)',
                if(sourced.n_hidden = 1, 'a scale', sourced.n_hidden || ' scales')
            )
            when sourced.n_to_decide is not null then format(
                'a break of a factor {:.1f} of the loss at scale {:.3g} is not excluded ({:,} examples would exclude it)',
                exp(sourced.size_high), sourced.high_scale, sourced.n_to_decide::bigint
            )
            else format(
                'a break of {} of the loss at scale {:.3g} is not excluded, and no number of examples alone would exclude it',
                if(sourced.size_high < 9, format('a factor {:.3g}', exp(sourced.size_high)), 'any factor'), sourced.high_scale
            )
        end
    end as reason
from sourced
cross join settings
order by sourced.task, sourced.subtask, sourced.shots, sourced.metric, sourced.filter, sourced.model_family

-- One row per curve of a proportion metric: whether there is a break, among all tests of the run, and what made its score large.
with selected as (
    -- Triplets with a break at a false discovery rate of 5 %: within each of them curves are judged at the level that so many
    -- selected ones leave (Benjamini and Bogomolov 2014).
    select
        tested_groups.*,
        settings.fdr,
        count(*) over () as n_groups,
        count(*) filter (tested_groups.q < settings.fdr) over () as n_selected
    from tested_groups(false) as tested_groups
    cross join settings
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
        if(selected.q < selected.fdr, selected.n_groups / selected.n_selected, 1) as n_per_selected,
        tested.p_break * count(*) over triplet / count(*) over (triplet order by tested.p_break) as p_by_rank
    from tested
    inner join selected
        on tested.task = selected.task and tested.metric = selected.metric and tested.model_family = selected.model_family
    where tested.p_break is not null
    window triplet as (partition by tested.task, tested.metric, tested.model_family)
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
            when corrected.q_break < settings.fdr and tested.size_high >= settings.smallest_break then 'break'
            when tested.is_at_chance then 'at_chance'
            when tested.size_high < settings.smallest_break and corrected.q_break >= settings.fdr then 'smooth'
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
            -- At least half of the steps are ties, which make the median step zero or small.
            when 2 * n_ties >= n_scales - 1 and score_without_ties <= needed_to_jump then 'ties'
            when score_noise_free > needed_to_jump then 'metric'
            when n_resolve > n_examples then 'resolution'
        end as source_of_jump
    from judged
),

explained as (
    select
        sourced.*,
        case sourced.verdict
            when 'not_testable' then sourced.not_testable
            when 'at_chance' then 'guessing'
            when 'break' then 'break'
            when 'smooth' then 'excluded'
            else case
                when sourced.p_break is null and sourced.n_examples * sourced.n_models_least < 6 then 'tiny_test_set'
                when sourced.constant_answer is not null and sourced.n_informative < 3
                    and coalesce(sourced.p_break, 1) >= settings.fdr then 'one_answer'
                when sourced.q_chance >= settings.fdr and coalesce(sourced.p_break, 1) >= settings.fdr then 'near_chance'
                when sourced.p_break is null and sourced.n_informative < 3 then 'at_floor_or_ceiling'
                when sourced.p_break is null then 'no_scale'
                when sourced.q_break < settings.fdr then 'small_break'
                when sourced.p_break_low_scatter < settings.fdr and sourced.p_break >= settings.fdr then 'scatter'
                when sourced.p_break < settings.fdr then 'not_significant'
                when sourced.jump_is_hidden then 'hidden_rise'
                when sourced.n_hidden > 0 then 'hidden_scales'
                -- A factor above exp(9), 8,000, is as good as any.
                when sourced.size_high < 9 and sourced.n_to_decide is not null then 'more_examples'
                when sourced.size_high < 9 then 'still_possible'
                when sourced.n_to_decide is not null then 'any_size_more_examples'
                else 'any_size'
            end
        end as reason_code
    from sourced
    cross join settings
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
    sourced.chance_source,
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
    sourced.reason_code,
    -- In the order of `fields` in words.yml.
    format(
        reason_words.template,
        coalesce(sourced.n_examples, 0),
        coalesce(sourced.chance_bound, 'nan'),
        settings.smallest_rise,
        coalesce(sourced.constant_answer, 'nan'),
        coalesce(sourced.break_scale, 'nan'),
        coalesce(exp(sourced.break_size), 'nan'),
        exp(settings.smallest_break),
        coalesce(sourced.n_pool, 0),
        coalesce(sourced.p_break_low_scatter, 'nan'),
        coalesce(sourced.p_break, 'nan'),
        coalesce(sourced.n_hidden, 0),
        coalesce(exp(sourced.size_high), 'nan'),
        coalesce(sourced.high_scale, 'nan'),
        coalesce(sourced.n_to_decide, 0)::bigint
    ) as reason
from explained as sourced
cross join settings
left join reason_words on sourced.reason_code = reason_words.reason_code
order by sourced.task, sourced.subtask, sourced.shots, sourced.metric, sourced.filter, sourced.model_family

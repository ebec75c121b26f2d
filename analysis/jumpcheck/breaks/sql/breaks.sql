-- One row per curve of a proportion metric: whether there is a break, among all tests of the run, and what made its score large.
with tested as (
    select
        list_min(trials.n_models) as n_models_least,
        trials.* exclude (scales, ys, n_models, entry_kind, is_preferred, status, is_of_checkpoints, is_share, no_shares),
        measured.* exclude (curve_id),
        guessing.q_chance,
        coalesce(guessing.is_at_chance, false) as is_at_chance,
        coalesce(trials.improvement_score > jump_threshold(trials.straight_line_score), false) as jumps,
        jump_threshold(trials.straight_line_score) as needed_to_jump
    from trials
    left join measured on trials.curve_id = measured.curve_id
    left join guessing() as guessing on trials.curve_id = guessing.curve_id
),

judged as (
    select
        tested.*,
        of_task.q as q_break,
        of_family.q as q_with_effects,
        decoy.q as q_decoy,
        coalesce(counted_tests.falls, false) as falls,
        coalesce(exp(tested.log_ratio) < settings.least_ratio, false) as other_law_does,
        case
            when tested.not_testable is not null then 'not_testable'
            -- q is 1 where a break of smallest_break is ruled out, or another smooth law does as well (counted_tests).
            when of_task.q < settings.fdr and not tested.break_is_last then 'break'
            when of_task.q < settings.fdr then 'one_model'
            when of_family.q < settings.fdr then 'family'
            when tested.is_at_chance then 'at_chance'
            when counted_tests.falls then 'not_testable'
            when tested.size_high < settings.smallest_break and tested.p_break >= settings.fdr then 'smooth'
            else 'inconclusive'
        end as verdict
    from tested
    cross join settings
    left join counted_tests on tested.curve_id = counted_tests.curve_id
    left join tested_curves('break') as of_task on tested.curve_id = of_task.curve_id
    left join tested_curves('with_effects') as of_family on tested.curve_id = of_family.curve_id
    left join tested_curves('decoy') as decoy on tested.curve_id = decoy.curve_id
),

sourced as (
    select
        *,
        case
            when not jumps or verdict in ('not_testable', 'inconclusive') then null
            when verdict in ('break', 'one_model', 'family') then 'break'
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
            when 'not_testable' then coalesce(sourced.not_testable, 'falls')
            when 'at_chance' then 'guessing'
            when 'break' then if(sourced.n_other_tasks > 0, 'break', 'break_alone')
            when 'one_model' then if(sourced.n_other_tasks > 0, 'one_model', 'one_model_alone')
            when 'family' then 'family'
            when 'smooth' then 'excluded'
            else case
                when sourced.p_break is null and sourced.n_examples * sourced.n_models_least < 6 then 'tiny_test_set'
                when sourced.constant_answer is not null and sourced.n_informative < 3
                    and coalesce(sourced.p_break, 1) >= settings.fdr then 'one_answer'
                when sourced.q_chance >= settings.fdr and coalesce(sourced.p_break, 1) >= settings.fdr then 'near_chance'
                when sourced.p_break is null and sourced.n_informative < 3 then 'at_floor_or_ceiling'
                when sourced.p_break is null then 'no_scale'
                when sourced.p_break < settings.fdr and sourced.size_high < settings.smallest_break then 'small_break'
                when sourced.p_break < settings.fdr and sourced.other_law_does then 'other_law'
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
    exp(sourced.log_ratio) as times_likelier,
    sourced.other_law,
    sourced.n_other_tasks,
    sourced.p_with_effects,
    sourced.q_with_effects,
    sourced.p_decoy,
    coalesce(sourced.q_decoy < settings.fdr, false) as is_decoy,
    sourced.p_rising,
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
        coalesce(sourced.n_to_decide, 0)::bigint,
        coalesce(sourced.other_law, ''),
        coalesce(exp(sourced.log_ratio), 'nan'),
        settings.least_ratio,
        coalesce(sourced.n_other_tasks, 0),
        coalesce(sourced.p_with_effects, 'nan'),
        coalesce(sourced.p_rising, 'nan')
    ) as reason
from explained as sourced
cross join settings
left join reason_words on sourced.reason_code = reason_words.reason_code
order by sourced.task, sourced.subtask, sourced.shots, sourced.metric, sourced.filter, sourced.model_family

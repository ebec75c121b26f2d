-- One row per claim of the paper's meta-analysis: what the paper reports, what these data say, and whether the claim holds here.
with by_preferred as (
    select
        metric,
        count(*) as n_pairs,
        count(*) filter (exceeds_threshold) as n_displaying,
        count(*) filter (exceeds_threshold and twin_of is null) as n_displaying_alone,
        metric in ('multiple_choice_grade', 'exact_str_match') as is_of_two
    from pairs
    where is_counted
    group by metric
),

any_threshold as (
    -- The paper names no threshold, so its "at most 5" is asked at all of them.
    select
        string_agg(n_metrics_with_any::varchar, ', ' order by threshold) as at_each,
        count(*) filter (n_metrics_with_any <= 5) as n_at_most_5,
        coalesce(any_value(n_metrics), 0) as n_metrics
    from emergence_by_threshold
    where metrics = 'all' and statistic = 'largest'
),

of_ten_pairs as (
    select
        string_agg(n_metrics_with_any::varchar, ', ' order by threshold) as at_each,
        any_value(n_metrics) as n_metrics
    from emergence_by_threshold
    where metrics = 'of at least 10 pairs' and statistic = 'largest'
),

two as (
    select
        coalesce(sum(n_displaying), 0)::bigint as n_displaying,
        coalesce(sum(n_displaying) filter (is_of_two), 0)::bigint as n_on_two,
        coalesce(sum(n_displaying_alone), 0)::bigint as n_displaying_alone,
        coalesce(sum(n_displaying_alone) filter (is_of_two), 0)::bigint as n_on_two_alone,
        coalesce(sum(n_pairs) filter (is_of_two), 0)::bigint as n_pairs_of_two,
        coalesce(sum(n_pairs) filter (not is_of_two), 0)::bigint as n_pairs_of_others
    from by_preferred
),

labelled as (
    select
        count(*) as n_tasks,
        count(*) filter (tasks.preferred_metric in ('multiple_choice_grade', 'exact_str_match')) as n_on_two,
        count(distinct tasks.preferred_metric) as n_metrics,
        (select count(*) from tasks where preferred_metric not in ('multiple_choice_grade', 'exact_str_match')) as n_tasks_of_others
    from annotations
    inner join tasks on annotations.task = tasks.task
    where annotations.label = 'emergent' and tasks.preferred_metric is not null
),

swapped as (
    select
        count(*) as n_jumps,
        count(*) filter (not smooth_jumps) as n_gone,
        count(*) filter (over_options) as n_over_options
    from (
        select
            bool_or(metric_swap.smooth_score > settings.emergence_threshold) as smooth_jumps,
            bool_or(metric_swap.smooth_metric in ('brier_score', 'calibration_multiple_choice_brier_score')) as over_options
        from metric_swap
        cross join settings
        where metric_swap.sharp_metric = 'multiple_choice_grade' and metric_swap.sharp_score > settings.emergence_threshold
        group by metric_swap.task, metric_swap.subtask, metric_swap.shots, metric_swap.filter, metric_swap.model_family
    ) as by_curve
),

verdicts as (
    select
        count(*) filter (verdict <> 'not_testable') as n_tested,
        count(*) filter (jumps and verdict <> 'not_testable') as n_jumps,
        count(*) filter (jumps and verdict = 'smooth') as n_smooth,
        count(*) filter (jumps and verdict = 'smooth' and source_of_jump = 'ties') as n_ties,
        count(*) filter (jumps and verdict = 'smooth' and source_of_jump = 'resolution') as n_resolution,
        count(*) filter (jumps and verdict = 'smooth' and source_of_jump = 'metric') as n_metric
    from breaks
),

jumping as (
    select
        count(*) as n_triplets,
        count(*) filter (jump_is_detectable) as n_with_p,
        count(*) filter (jump_verdict = 'break') as n_break,
        count(*) filter (q_jumping < 0.05) as n_break_among_these,
        count(*) filter (jump_verdict = 'smooth') as n_smooth,
        count(*) filter (jump_verdict = 'at_chance') as n_at_chance,
        count(*) filter (jump_verdict = 'inconclusive') as n_inconclusive
    from triplets
    where jump_verdict <> 'not_testable'
),

-- Claims about BIG-bench's metrics and tasks are asked of BIG-bench alone.
kind as (
    select 2 * count(annotations.task) > count(*) as is_bigbench
    from tasks
    left join annotations on tasks.task = annotations.task
),

counted as (
    select
        1 as number,
        any_threshold.n_metrics as n_of,
        (select count(*) from by_preferred where n_displaying > 0) as n
    from any_threshold
    union all
    select 2, n_displaying, n_on_two from two
    union all
    select 3, n_tasks, n_on_two from labelled
    union all
    select 4, n_jumps, n_gone from swapped
    union all
    select 5, n_with_p, n_break from jumping
    union all
    select 6, n_smooth, n_ties + n_resolution from verdicts
),

shares as (
    select
        number,
        n,
        n_of,
        n / nullif(n_of, 0) as share,
        wilson_interval(n / nullif(n_of, 0), nullif(n_of, 0)::double).low as share_low,
        wilson_interval(n / nullif(n_of, 0), nullif(n_of, 0)::double).high as share_high
    from counted
),

answers as (
    select
        1 as number,
        'Emergence shows on few of the preferred metrics.' as claim,
        'On at most 5 of 39 preferred metrics. No threshold is named.' as paper,
        format(
            'On {} metrics at the thresholds 10, 20, 50, 100 and infinity, of {}, and of those with at least 10 pairs on {} of {}.',
            coalesce(any_threshold.at_each, 'none'), any_threshold.n_metrics, coalesce(of_ten_pairs.at_each, 'none'),
            coalesce(of_ten_pairs.n_metrics, 0)
        ) as this_dataset,
        case
            when any_threshold.n_metrics < 10 then 'cannot be decided'
            when any_threshold.n_at_most_5 = 5 then 'holds'
            when any_threshold.n_at_most_5 = 0 then 'does not hold'
            else 'holds in part'
        end as holds,
        case
            when any_threshold.n_metrics < 10
                then format('{} preferred metrics are too few to say "few of 39"', any_threshold.n_metrics)
            when any_threshold.n_at_most_5 = 5 then 'at every threshold there are at most 5'
            when any_threshold.n_at_most_5 = 0 then 'at no threshold are there at most 5'
            else format('at {} of 5 thresholds there are at most 5', any_threshold.n_at_most_5)
        end as reason,
        'figure_5a_pairs, view emergence_by_threshold' as look_at,
        kind.is_bigbench and any_threshold.n_metrics > 0 as is_asked
    from any_threshold
    cross join of_ten_pairs
    cross join kind
    union all
    select
        2,
        'It concentrates in multiple-choice grade and exact string match.',
        'More than 92 % of the tasks that Wei et al. label emergent have one of the two as preferred metric.',
        format(
            '{} of {} pairs above the threshold are on one of the two ({} of {} without families whose scores repeat another '
            || 'one''s). They are {} of {} pairs on the two, and {} of {} on all other metrics.',
            n_on_two, n_displaying, n_on_two_alone, n_displaying_alone,
            n_on_two, n_pairs_of_two, n_displaying - n_on_two, n_pairs_of_others
        ),
        case
            when n_displaying < 10 or n_pairs_of_others = 0 then 'cannot be decided'
            when shares.share_high < 0.5 then 'does not hold'
            when shares.share_low < 0.5 then 'cannot be decided'
            when on_two.low > on_others.high then 'holds'
            else 'holds in part'
        end,
        case
            when n_displaying < 10 then format('only {} pairs are above the threshold', n_displaying)
            when n_pairs_of_others = 0 then 'all pairs are on the two, so that no pair on another metric is there to compare with'
            when shares.share_high < 0.5 then 'most pairs above the threshold are on other metrics'
            when shares.share_low < 0.5 then 'the interval holds one half'
            when on_two.low > on_others.high then 'most are on the two, and a pair on the two is likelier to be above it than another'
            when on_two.high < on_others.low
                then 'most are on the two, because most pairs are: a pair on another metric is likelier to be above it'
            else 'most are on the two, where most pairs are, and a pair on the two is not likelier to be above it than another'
        end,
        'figure_5a_pairs, emergence_share, view by_metric',
        kind.is_bigbench and n_pairs_of_two + n_pairs_of_others > 0
    from two
    cross join kind
    cross join (select * from shares where number = 2) as shares
    cross join (
        select
            wilson_interval(n_on_two / nullif(n_pairs_of_two, 0), nullif(n_pairs_of_two, 0)::double) as on_two,
            wilson_interval((n_displaying - n_on_two) / nullif(n_pairs_of_others, 0), nullif(n_pairs_of_others, 0)::double)
                as on_others
        from two
    ) as rates
    union all
    select
        3,
        'The hand-labelled emergent tasks are on few metrics.',
        'On 4 of 39 preferred metrics, more than 92 % on two of them.',
        format(
            'Of {} of these 67 tasks in this dataset {} are on multiple-choice grade or exact string match, {} metrics in all.',
            n_tasks, n_on_two, n_metrics
        ),
        case
            when n_tasks < 10 or n_tasks_of_others = 0 then 'cannot be decided'
            when shares.share > 0.92 and n_metrics <= 4 then 'holds'
            when shares.share_high > 0.92 then 'holds in part'
            else 'does not hold'
        end,
        case
            when n_tasks < 10 then format('only {} of these tasks are in this dataset', n_tasks)
            when n_tasks_of_others = 0 then 'all tasks of this dataset that have a preferred metric are on the two, labelled or not'
            else format(
                '{:.0f} % on the two, {} metrics in all, and the labels do not say which metric was looked at',
                100 * shares.share, n_metrics
            )
        end,
        'figure_5b, figure_5c, table annotations',
        kind.is_bigbench and n_tasks > 0
    from labelled
    cross join kind
    cross join (select * from shares where number = 3) as shares
    union all
    select
        4,
        'The same outputs do not jump under a continuous metric.',
        'Tasks that jump on multiple-choice grade do not on the Brier score.',
        case
            when n_jumps = 0
                then 'No curve that jumps on multiple-choice grade has a metric beside it that is known to be continuous.'
            else format(
                'Of {} curves that jump on multiple-choice grade and have a continuous metric beside it, {} do not jump on that.',
                n_jumps, n_gone
            )
        end,
        case
            when n_over_options < 10 then 'cannot be decided'
            when shares.share_low > 0.9 then 'holds'
            when shares.share_high < 0.5 then 'does not hold'
            else 'holds in part'
        end,
        case
            when n_jumps = 0 then 'no outputs under two metrics'
            when n_over_options < 10
                then format(
                    'of {} such jumps {} have the paper''s Brier score, a sum over all options, beside them', n_jumps, n_over_options
                )
            else 'the interval of the share that is gone decides'
        end,
        'figure_6, view metric_swap',
        kind.is_bigbench or n_jumps > 0
    from swapped
    cross join kind
    cross join (select * from shares where number = 4) as shares
    union all
    select
        5,
        'Claims of emergence were made without control for the number of comparisons.',
        'Of the order of a million triplets, none tested.',
        format(
            '{:,} curves tested. Of {:,} triplets of which a curve that jumps was tested {:,} have enough data to show a break: {:,} '
            || 'have one there, at a false discovery rate of 5 % among all triplets ({:,} among these). {:,} are smooth, {:,} at '
            || 'chance, and {:,} cannot be decided.',
            n_tested, n_triplets, n_with_p, n_break, n_break_among_these, jumping.n_smooth, n_at_chance, n_inconclusive
        ),
        'cannot be decided',
        'it is a claim about papers and not about scores: the numbers say what is left when all comparisons are counted',
        'break_gallery, break_sizes, tables breaks and triplets',
        jumping.n_triplets > 0
    from verdicts
    cross join jumping
    union all
    select
        6,
        'Test sets too small to resolve small scores make jumps.',
        'Shown for arithmetic (figure 4).',
        format(
            'Of {:,} jumps that could be tested a break is excluded for {:,}. Of these {:,} would be no jump without ties, {:,} none with '
            || 'more examples, and {:,} are one by the metric alone.',
            n_jumps, n_smooth, n_ties, n_resolution, n_metric
        ),
        case
            when n_smooth < 10 then 'cannot be decided'
            when shares.share_low > 0.5 then 'holds'
            when shares.share_high < 0.5 then 'does not hold'
            else 'holds in part'
        end,
        case
            when n_smooth < 10 then format('a break is excluded for {} jumps alone', n_smooth)
            else format('of the jumps where a large break is excluded, {:.0f} % come from ties or the size of the test set', 100 * shares.share)
        end,
        'break_gallery, view mirages, column n_resolve',
        n_jumps > 0
    from verdicts
    cross join (select * from shares where number = 6) as shares
)

select
    answers.number,
    answers.claim,
    answers.paper,
    answers.this_dataset,
    shares.n,
    shares.n_of,
    shares.share,
    shares.share_low,
    shares.share_high,
    answers.holds,
    answers.reason,
    answers.look_at,
    answers.is_asked
from answers
inner join shares on answers.number = shares.number
order by answers.number

-- The paper's claims about the meta-analysis, what it reports, what this dataset says, and where to look.
-- Views are run by whoever opens the file: case, not if(), which DuckDB 1.x does not know in a view stored by 2.0.
with by_preferred as (
    select
        metric,
        bool_or(displays_emergence) as displays,
        count(*) filter (displays_emergence) as n_displaying
    from pairs
    where metric is not null
    group by metric
),

labelled as (
    select
        count(*) as n_tasks,
        count(*) filter (tasks.preferred_metric in ('multiple_choice_grade', 'exact_str_match')) as n_on_two,
        count(distinct tasks.preferred_metric) as n_metrics
    from annotations
    inner join tasks on annotations.task = tasks.task
    where annotations.label = 'emergent' and tasks.preferred_metric is not null
),

swapped as (
    select
        count(*) as n_jumps,
        count(*) filter (by_curve.smooth_jumps) as n_both
    from (
        select bool_or(metric_swap.smooth_score > settings.emergence_threshold) as smooth_jumps
        from metric_swap
        cross join settings
        where metric_swap.sharp_metric = 'multiple_choice_grade' and metric_swap.sharp_score > settings.emergence_threshold
        group by metric_swap.task, metric_swap.subtask, metric_swap.shots, metric_swap.filter, metric_swap.model_family
    ) as by_curve
),

verdicts as (
    select
        count(*) filter (verdict <> 'not_testable') as n_tested,
        count(*) filter (verdict in ('unexplained', 'steep', 'resolution', 'mirage')) as n_jumps,
        count(*) filter (verdict = 'unexplained') as n_unexplained,
        count(*) filter (verdict = 'steep') as n_steep,
        count(*) filter (verdict = 'resolution') as n_resolution,
        count(*) filter (verdict = 'mirage') as n_mirage
    from mirage
)

select
    1 as number,
    'Emergence shows on few of the preferred metrics.' as claim,
    'On at most 5 of 39 preferred metrics.' as paper,
    format('On {} of {} preferred metrics.', count(*) filter (displays), count(*)) as this_dataset,
    'figure_5a_pairs, table pairs' as look_at
from by_preferred
union all
select
    2,
    'It concentrates in multiple-choice grade and exact string match.',
    'More than 92 % of the tasks that Wei et al. label emergent have one of the two as preferred metric.',
    format(
        '{} of {} pairs that display emergence are on one of the two.',
        coalesce(sum(n_displaying) filter (metric in ('multiple_choice_grade', 'exact_str_match')), 0)::bigint,
        coalesce(sum(n_displaying), 0)::bigint
    ),
    'figure_5a_pairs, emergence_share, view by_metric'
from by_preferred
union all
select
    3,
    'The hand-labelled emergent tasks are on few metrics.',
    'On 4 of 39 preferred metrics, more than 92 % on two of them.',
    case
        when n_tasks = 0 then 'None of these tasks is in this dataset.'
        else format(
            'Of {} of these tasks in this dataset {} are on multiple-choice grade or exact string match, {} metrics in all.',
            n_tasks, n_on_two, n_metrics
        )
    end,
    'figure_5b, figure_5c, table annotations'
from labelled
union all
select
    4,
    'The same outputs do not jump under a continuous metric.',
    'Tasks that jump on multiple-choice grade do not on the Brier score.',
    case
        when n_jumps = 0
            then 'No curve that jumps on multiple-choice grade has a metric beside it that is known to be continuous.'
        else format(
            'Of {} curves that jump on multiple-choice grade and have a continuous metric beside it, {} jump on that too.',
            n_jumps, n_both
        )
    end,
    'figure_6, view metric_swap'
from swapped
union all
select
    5,
    'Claims of emergence were made without control for the number of comparisons.',
    'Of the order of a million triplets, none tested.',
    format(
        '{} curves tested. Of {} that jump, {} are not explained by a smooth power law: rejected by the test of the fit, or by '
        || 'that of the jump, each at a false discovery rate of 5 %.',
        n_tested, n_jumps, n_unexplained
    ),
    'mirage_gallery, mirage_slopes, table mirage'
from verdicts
union all
select
    6,
    'Test sets too small to resolve small scores make jumps.',
    'Shown for arithmetic (figure 4).',
    format(
        'Of {} testable jumps {} vanish with enough examples (verdict resolution), {} come from the metric (mirage), '
        || '{} need an implausibly steep law (steep).',
        n_jumps, n_resolution, n_mirage, n_steep
    ),
    'mirage_gallery, table mirage, column n_resolve'
from verdicts
order by number

-- One row per claim of the paper's meta-analysis: the share that it is about, whether it holds here, and the code of the reason.
with counted as (
    select
        1 as number,
        n_metrics_above as n,
        any_threshold.n_metrics as n_of
    from claim_counts
    union all
    select 2, two.n_on_two, two.n_above from claim_counts
    union all
    select 3, labelled.n_on_two, labelled.n_tasks from claim_counts
    union all
    select 4, swapped.n_brier_gone, swapped.n_brier from claim_counts
    union all
    select 5, jumping.n_break, jumping.n_with_p from claim_counts
    union all
    select 6, verdicts.n_ties + verdicts.n_resolution, verdicts.n_smooth from claim_counts
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

rates as (
    -- How many pairs are above the threshold, of those on the two metrics and of the others.
    select
        wilson_interval(
            two.n_on_two / nullif(two.n_pairs_of_two, 0), nullif(two.n_pairs_of_two, 0)::double
        ) as on_two,
        wilson_interval(
            (two.n_above - two.n_on_two) / nullif(two.n_pairs_of_others, 0), nullif(two.n_pairs_of_others, 0)::double
        ) as on_others
    from claim_counts
),

coded as (
    select
        shares.*,
        case shares.number
            when 1 then case
                when any_threshold.n_metrics < 10 then 'few_metrics'
                when any_threshold.n_at_most_5 = 5 then 'at_every_threshold'
                when any_threshold.n_at_most_5 = 0 then 'at_no_threshold'
                else 'at_some_thresholds'
            end
            when 2 then case
                when two.n_above < 10 then 'few_pairs'
                when two.n_pairs_of_others = 0 then 'all_on_the_two'
                when shares.share_high < 0.5 then 'most_on_others'
                when shares.share_low < 0.5 then 'about_half'
                when rates.on_two.low > rates.on_others.high then 'likelier_on_the_two'
                when rates.on_two.high < rates.on_others.low then 'likelier_on_others'
                else 'as_likely'
            end
            when 3 then case
                when labelled.n_tasks < 10 then 'few_tasks'
                when labelled.n_tasks_of_others = 0 then 'all_tasks_on_the_two'
                when shares.share > 0.92 and labelled.n_metrics <= 4 then 'as_in_the_paper'
                when shares.share_high > 0.92 then 'could_be_92'
                else 'less_than_92'
            end
            when 4 then case
                when swapped.n_curves = 0 then 'no_two_metrics'
                when swapped.n_above = 0 then 'none_above'
                when swapped.n_brier < 10 then 'few_over_options'
                when shares.share_low > 0.9 then 'nearly_all_gone'
                when shares.share_high < 0.5 then 'few_gone'
                else 'some_gone'
            end
            when 5 then 'about_papers'
            else case
                when verdicts.n_smooth < 10 then 'few_smooth'
                when shares.share_low > 0.5 then 'most'
                when shares.share_high < 0.5 then 'few'
                else 'some'
            end
        end as reason_code,
        case shares.number
            when 1 then kind.is_bigbench and any_threshold.n_metrics > 0
            when 2 then kind.is_bigbench and two.n_pairs_of_two + two.n_pairs_of_others > 0
            when 3 then kind.is_bigbench and labelled.n_tasks > 0
            when 4 then kind.is_bigbench or swapped.n_curves > 0
            when 5 then jumping.n_triplets > 0
            else verdicts.n_jumps > 0
        end as is_asked
    from shares
    cross join claim_counts
    cross join rates
)

select
    number,
    n,
    n_of,
    share,
    share_low,
    share_high,
    case
        when reason_code in ('at_every_threshold', 'likelier_on_the_two', 'as_in_the_paper', 'nearly_all_gone', 'most')
            then 'holds'
        when reason_code in ('at_some_thresholds', 'likelier_on_others', 'as_likely', 'could_be_92', 'some_gone', 'some')
            then 'holds in part'
        when reason_code in ('at_no_threshold', 'most_on_others', 'less_than_92', 'few_gone', 'few') then 'does not hold'
        else 'cannot be decided'
    end as holds,
    reason_code,
    is_asked
from coded
order by number

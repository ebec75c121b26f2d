-- One row per kind of curve: how many there are, and how many of them jump. Aggregate, few_scales, no_direction and counted add up
-- to all; what comes below counted adds up to that.
with kinds as (
    select
        case
            when curves.entry_kind = 'aggregate' then 'aggregate'
            when curves.n_scales < settings.min_scales_counted then 'few_scales'
            when not curves.is_counted then 'no_direction'
            else 'counted'
        end as kind,
        case
            when not curves.is_counted then null
            when breaks.verdict is null then 'not_percent_correct'
            else breaks.verdict
        end as verdict,
        curves.is_counted and curves.jumps as jumps
    from curves
    cross join settings
    left join breaks on curves.curve_id = breaks.curve_id
),

rows_of_kind as (
    select
        unnest(['all', 'aggregate', 'few_scales', 'no_direction', 'counted', 'not_percent_correct']) as kind,
        unnest(range(6)) as place
    union all
    select
        verdict,
        6 + place
    from verdicts
)

select
    rows_of_kind.place,
    rows_of_kind.kind,
    count(kinds.jumps) as n_curves,
    count(*) filter (kinds.jumps) as n_jumps
from rows_of_kind
left join kinds on rows_of_kind.kind in ('all', kinds.kind, kinds.verdict)
group by rows_of_kind.place, rows_of_kind.kind
order by rows_of_kind.place

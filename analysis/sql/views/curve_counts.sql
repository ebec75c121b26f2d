-- One row per kind of curve, the first that applies: how many there are, and how many of them jump. The first four add up to all
-- curves, the others to those that count.
with kinds as (
    select
        case
            when curves.entry_kind = 'aggregate' then 'aggregate'
            when curves.n_scales < 5 then 'fewer than 5 scales'
            when not curves.is_counted then 'direction unknown'
            else 'counted'
        end as kind,
        case
            when not curves.is_counted then null
            when breaks.verdict is null then 'not percent-correct'
            else breaks.verdict
        end as verdict,
        coalesce(
            curves.is_counted and curves.improvement_score > settings.emergence_threshold
            and curves.improvement_score > settings.sharpness_threshold * curves.straight_line_score, false
        ) as jumps
    from curves
    cross join settings
    left join breaks on curves.curve_id = breaks.curve_id
),

rows_of_kind as (
    select
        unnest(['all', 'aggregate', 'fewer than 5 scales', 'direction unknown', 'counted']) as kind,
        unnest(range(5)) as place
    union all
    select
        unnest(['not percent-correct', 'not_testable', 'break', 'smooth', 'at_chance', 'inconclusive']),
        unnest(range(5, 11))
)

select
    rows_of_kind.place,
    rows_of_kind.kind,
    count(kinds.jumps) as n_curves,
    count(*) filter (kinds.jumps) as n_jump
from rows_of_kind
left join kinds on rows_of_kind.kind in ('all', kinds.kind, kinds.verdict)
group by rows_of_kind.place, rows_of_kind.kind
order by rows_of_kind.place

-- One row: of the curves that count, how many jump, and what the break test says of these.
with counted as (
    select
        breaks.verdict,
        breaks.p_break,
        coalesce(curves.improvement_score > jump_threshold(curves.straight_line_score), false) as jumps
    from curves
    left join breaks on curves.curve_id = breaks.curve_id
    where curves.is_counted
)

select
    count(*) as n_curves,
    count(*) filter (jumps) as n_jump,
    count(*) filter (jumps and verdict = 'break') as n_break,
    count(*) filter (jumps and verdict = 'smooth') as n_smooth,
    count(*) filter (jumps and verdict = 'at_chance') as n_at_chance,
    count(*) filter (jumps and verdict = 'inconclusive') as n_undecided,
    count(*) filter (jumps and verdict = 'not_testable') as n_untested,
    count(*) filter (jumps and verdict is null) as n_no_share,
    count(*) filter (jumps and verdict = 'inconclusive' and p_break is null) as n_undecided_unseen,
    count(*) filter (verdict <> 'not_testable') as n_tested,
    count(p_break) as n_tested_seen,
    count(*) filter (verdict = 'break') as n_tested_break,
    count(*) filter (verdict = 'smooth') as n_tested_smooth
from counted

-- One row: what README, report, terminal and docs/bigbench.md say first, in the unit of the view units.
select
    coalesce(any_value(unit), 'triplet') as unit,
    count(*) as n_units,
    count(*) filter (exceeds_threshold) as n_above,
    count(*) filter (displays_emergence) as n_jump,
    count(*) filter (displays_emergence and verdict <> 'not_testable') as n_jump_tested,
    count(*) filter (displays_emergence and p is not null) as n_jump_detectable,
    count(*) filter (displays_emergence and jump_is_break) as n_jump_is_break,
    count(*) filter (displays_emergence and verdict = 'break' and not jump_is_break) as n_jump_other_break,
    count(*) filter (displays_emergence and verdict = 'smooth') as n_jump_smooth,
    count(*) filter (displays_emergence and verdict = 'at_chance') as n_jump_at_chance,
    count(*) filter (displays_emergence and verdict = 'inconclusive') as n_jump_undecided,
    count(*) filter (displays_emergence and not is_proportion) as n_jump_no_proportion,
    count(*) filter (displays_emergence and is_proportion and verdict = 'not_testable') as n_jump_not_testable,
    count(*) filter (verdict <> 'not_testable') as n_tested,
    count(p) as n_detectable,
    count(*) filter (verdict = 'break') as n_break,
    count(*) filter (verdict = 'smooth') as n_smooth,
    count(*) filter (verdict = 'at_chance') as n_at_chance,
    count(*) filter (verdict = 'inconclusive') as n_undecided
from units

-- One row: what README, report, terminal and docs/bigbench.md say first, in the unit of the view units. Of a unit that jumps the
-- verdict is that on its curves that jump.
select
    coalesce(any_value(unit), 'triplet') as unit,
    count(*) as n_units,
    count(*) filter (is_above) as n_above,
    count(*) filter (jumps) as n_jumps,
    count(*) filter (jump_verdict <> 'not_testable') as n_jump_tested,
    count(*) filter (jump_is_detectable) as n_jump_detectable,
    count(*) filter (jump_verdict = 'break') as n_jump_break,
    count(*) filter (jump_verdict <> 'break' and verdict = 'break') as n_other_break,
    count(*) filter (jump_verdict = 'one_model') as n_jump_one_model,
    count(*) filter (jump_verdict = 'family') as n_jump_family,
    count(*) filter (jump_verdict = 'smooth') as n_jump_smooth,
    count(*) filter (jump_verdict = 'at_chance') as n_jump_at_chance,
    count(*) filter (jump_verdict = 'inconclusive') as n_jump_undecided,
    count(*) filter (jump_verdict = 'not_testable' and not is_proportion) as n_jump_no_proportion,
    count(*) filter (jump_verdict = 'not_testable' and is_proportion) as n_jump_not_testable,
    count(*) filter (verdict <> 'not_testable') as n_tested,
    count(p) as n_detectable,
    count(*) filter (verdict = 'break') as n_break,
    count(*) filter (verdict = 'one_model') as n_one_model,
    count(*) filter (verdict = 'family') as n_family,
    count(*) filter (has_decoy) as n_decoy,
    count(*) filter (verdict = 'smooth') as n_smooth,
    count(*) filter (verdict = 'at_chance') as n_at_chance,
    count(*) filter (verdict = 'inconclusive') as n_undecided
from units

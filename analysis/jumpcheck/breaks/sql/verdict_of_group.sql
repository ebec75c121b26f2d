-- The verdict on a group of curves, from the numbers of its tested curves: of all of them, of those with a break, that are smooth, and
-- at chance. `is_significant` says whether the group has a break among all groups. Smooth needs every tested curve that is not at
-- chance to be smooth.
create or replace temp macro verdict_of_group(n_tested, n_break, n_smooth, n_at_chance, is_significant) as (
    case
        when n_tested = 0 then 'not_testable'
        when is_significant and n_break > 0 then 'break'
        when n_at_chance = n_tested then 'at_chance'
        when n_smooth + n_at_chance = n_tested then 'smooth'
        else 'inconclusive'
    end
)

-- The verdict on a group of curves, from the numbers of its tested curves: of all of them, of those that are smooth, and at chance; and,
-- 0 where the group is not significant among all groups, of those with a break, with a break at one model, and with one of the family.
-- Smooth needs every tested curve that is not at chance to be smooth.
create or replace temp macro verdict_of_group(n_tested, n_smooth, n_at_chance, n_break, n_one_model, n_family) as (
    case
        when n_tested = 0 then 'not_testable'
        when n_break > 0 then 'break'
        when n_one_model > 0 then 'one_model'
        when n_family > 0 then 'family'
        when n_at_chance = n_tested then 'at_chance'
        when n_smooth + n_at_chance = n_tested then 'smooth'
        else 'inconclusive'
    end
)

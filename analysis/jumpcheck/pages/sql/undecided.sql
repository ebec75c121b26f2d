-- One row per reason why pairs (or triplets) that jump could not be tested, or not be decided. The reason is that of
-- the curve from which jump_verdict is taken. It is given in words, without the numbers of that curve.
select
    reason_words.short as why,
    count(*) as number,
    median(breaks.n_examples) as median_examples
from units
left join breaks on units.jump_curve_id = breaks.curve_id
left join reason_words on if(units.is_proportion, breaks.reason_code, 'not_percent_correct') = reason_words.reason_code
where units.jump_verdict in ('not_testable', 'inconclusive')
group by why
order by number desc, why

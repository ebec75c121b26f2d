-- How the curves of a dataset add up: all, those that are not counted, and the verdicts on the others.
select
    kind_words.words as kind,
    curve_counts.n_curves as curves,
    curve_counts.n_jumps as that_jump
from curve_counts
inner join kind_words on curve_counts.kind = kind_words.kind
order by curve_counts.place

-- One row per claim of the paper's meta-analysis: what the paper reports, what these data say, and whether the claim holds here.
select
    claim_answers.number,
    claim_words.claim,
    claim_words.paper,
    claim_words.this_dataset,
    claim_answers.n,
    claim_answers.n_of,
    claim_answers.share,
    claim_answers.share_low,
    claim_answers.share_high,
    claim_answers.holds,
    claim_answers.reason_code,
    claim_words.reason,
    claim_words.look_at,
    claim_answers.is_asked
from claim_answers
inner join claim_words on claim_answers.number = claim_words.number
order by claim_answers.number

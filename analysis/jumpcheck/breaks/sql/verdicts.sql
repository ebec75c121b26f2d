-- One row per verdict of the break test, in the order of pages.
select
    verdict,
    place,
    called,
    means
from verdict_words
order by place

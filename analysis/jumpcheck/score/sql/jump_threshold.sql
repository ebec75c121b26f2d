-- What an improvement score must be above to be a jump: emergence_threshold, and sharpness_threshold times the score of a
-- straight line at the curve's own scales.
create or replace temp macro jump_threshold(straight_line_score) as (
    select greatest(emergence_threshold, sharpness_threshold * straight_line_score)
    from settings
)

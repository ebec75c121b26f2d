-- The 95 % interval of Wilson (1927) for a share that was seen in n cases, with z = 1.959964: {low, high}. NULL where n is
-- NULL, and for a score outside 0 to 1, which is no share. The formula gives 0 and 1 at its ends but for rounding, to either side.
create or replace macro wilson_interval(share, n) as case when share between 0 and 1 then {
    'low': case when n is not null and share = 0 then 0.0 else (
        share + 1.959963984540054 * 1.959963984540054 / (2 * n) - 1.959963984540054
        * sqrt(share * (1 - share) / n + 1.959963984540054 * 1.959963984540054 / (4 * n * n))
    ) / (1 + 1.959963984540054 * 1.959963984540054 / n) end,
    'high': case when n is not null and share = 1 then 1.0 else (
        share + 1.959963984540054 * 1.959963984540054 / (2 * n) + 1.959963984540054
        * sqrt(share * (1 - share) / n + 1.959963984540054 * 1.959963984540054 / (4 * n * n))
    ) / (1 + 1.959963984540054 * 1.959963984540054 / n) end
} end

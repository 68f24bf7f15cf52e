WITH years AS (
    SELECT
        nation,
        region,
        market_segment,
        CAST(date_part('year', month) AS BIGINT) AS year,
        count(DISTINCT month) AS months,
        CAST(coalesce(sum(net_revenue), 0) AS DECIMAL(18, 2)) AS net_revenue
    FROM input.revenue
    GROUP BY 1, 2, 3, 4
)

SELECT
    years.nation,
    years.region,
    years.market_segment,
    years.year,
    years.months,
    years.net_revenue,
    CASE
        WHEN years.year < 1998
            THEN CAST(years.net_revenue - before.net_revenue AS DOUBLE) / CAST(before.net_revenue AS DOUBLE)
    END AS growth
FROM years
LEFT JOIN years AS before
    ON years.nation = before.nation
    AND years.market_segment = before.market_segment
    AND years.year = before.year + 1

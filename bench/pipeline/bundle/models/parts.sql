WITH by_part AS (
    SELECT
        part_id,
        count(*) AS lines,
        CAST(sum(quantity) AS DECIMAL(18, 2)) AS quantity,
        CAST(sum(net_price) AS DECIMAL(18, 2)) AS net_revenue
    FROM order_lines
    GROUP BY part_id
)

SELECT
    part.p_partkey AS part_id,
    part.p_brand AS brand,
    part.p_type AS type,
    by_part.lines AS lines,
    by_part.quantity AS quantity,
    by_part.net_revenue AS net_revenue
FROM input.part AS part
INNER JOIN by_part ON part.p_partkey = by_part.part_id

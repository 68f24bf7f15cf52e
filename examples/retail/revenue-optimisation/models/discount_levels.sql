WITH by_discount AS (
    SELECT
        discount_rate,
        count(*) AS order_lines,
        coalesce(sum(quantity), 0) AS quantity,
        coalesce(sum(net_price), 0) AS net_revenue,
        coalesce(sum(supply_cost), 0) AS supply_cost
    FROM line_margins
    GROUP BY discount_rate
)

SELECT
    discount_rate,
    order_lines,
    CAST(quantity AS DOUBLE) / CAST(order_lines AS DOUBLE) AS mean_quantity,
    CAST(net_revenue AS DECIMAL(18, 2)) AS net_revenue,
    CAST(supply_cost AS DECIMAL(18, 2)) AS supply_cost,
    CAST(net_revenue - supply_cost AS DECIMAL(18, 2)) AS margin,
    CAST(net_revenue - supply_cost AS DOUBLE) / CAST(net_revenue AS DOUBLE) AS margin_rate
FROM by_discount

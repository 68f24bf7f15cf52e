WITH sold AS (
    SELECT
        product_id,
        sum(quantity) AS quantity,
        sum(net_price) AS net_revenue,
        sum(supply_cost) AS supply_cost
    FROM line_margins
    GROUP BY product_id
),

on_hand AS (
    SELECT product_id, sum(available_quantity) AS quantity
    FROM input.stock
    GROUP BY product_id
)

SELECT
    parts.product_id,
    parts.name,
    parts.brand,
    parts.type,
    CAST(coalesce(sold.quantity, 0) AS DECIMAL(18, 2)) AS quantity_sold,
    CAST(coalesce(sold.net_revenue, 0) AS DECIMAL(18, 2)) AS net_revenue,
    CAST(coalesce(sold.supply_cost, 0) AS DECIMAL(18, 2)) AS supply_cost,
    CAST(coalesce(sold.net_revenue - sold.supply_cost, 0) AS DECIMAL(18, 2)) AS margin,
    CAST(sold.net_revenue - sold.supply_cost AS DOUBLE) / CAST(sold.net_revenue AS DOUBLE) AS margin_rate,
    coalesce(on_hand.quantity, 0) AS available_quantity
FROM input.parts AS parts
LEFT JOIN sold ON parts.product_id = sold.product_id
LEFT JOIN on_hand ON parts.product_id = on_hand.product_id

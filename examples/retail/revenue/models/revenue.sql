-- An order of an unknown customer is kept and fails the check of `nation`, instead of vanishing in a join.
WITH lines AS (
    SELECT
        CAST(date_trunc('month', orders.order_date) AS DATE) AS month,
        coalesce(customers.nation, 'UNKNOWN') AS nation,
        coalesce(customers.region, 'UNKNOWN') AS region,
        coalesce(customers.market_segment, 'UNKNOWN') AS market_segment,
        order_lines.order_id,
        order_lines.quantity,
        order_lines.gross_price,
        order_lines.net_price,
        order_lines.return_status
    FROM input.order_lines AS order_lines
    INNER JOIN input.orders AS orders ON order_lines.order_id = orders.order_id
    LEFT JOIN input.customers AS customers ON orders.customer_id = customers.customer_id
)

SELECT
    month,
    nation,
    region,
    market_segment,
    count(DISTINCT order_id) AS orders,
    count(*) AS order_lines,
    CAST(coalesce(sum(quantity), 0) AS DECIMAL(18, 2)) AS quantity,
    CAST(coalesce(sum(gross_price), 0) AS DECIMAL(18, 2)) AS gross_revenue,
    CAST(coalesce(sum(gross_price - net_price), 0) AS DECIMAL(18, 2)) AS discount,
    CAST(coalesce(sum(net_price), 0) AS DECIMAL(18, 2)) AS net_revenue,
    CAST(coalesce(sum(net_price) FILTER (WHERE return_status = 'returned'), 0) AS DECIMAL(18, 2)) AS returned_revenue
FROM lines
GROUP BY month, nation, region, market_segment

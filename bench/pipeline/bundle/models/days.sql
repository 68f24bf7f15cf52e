SELECT
    order_date,
    count(*) AS orders,
    CAST(sum(lines) AS BIGINT) AS lines,
    CAST(sum(net_revenue) AS DECIMAL(18, 2)) AS net_revenue
FROM orders
GROUP BY order_date

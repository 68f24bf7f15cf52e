SELECT
    customer_id,
    CAST(date_part('year', order_date) AS BIGINT) AS year,
    count(DISTINCT order_id) AS orders,
    CAST(coalesce(sum(net_price), 0) AS DECIMAL(18, 2)) AS net_revenue
FROM sales
GROUP BY 1, 2

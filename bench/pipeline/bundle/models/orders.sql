WITH by_order AS (
    SELECT
        order_id,
        count(*) AS lines,
        count(*) FILTER (WHERE late) AS late_lines,
        CAST(sum(net_price) AS DECIMAL(18, 2)) AS net_revenue
    FROM order_lines
    GROUP BY order_id
)

SELECT
    headers.o_orderkey AS order_id,
    headers.o_custkey AS customer_id,
    headers.o_orderdate AS order_date,
    headers.o_orderstatus AS status,
    headers.o_orderpriority AS priority,
    by_order.lines AS lines,
    by_order.late_lines AS late_lines,
    by_order.net_revenue AS net_revenue
FROM input.orders AS headers
INNER JOIN by_order ON headers.o_orderkey = by_order.order_id

WITH by_customer AS (
    SELECT
        customer_id,
        count(DISTINCT order_id) AS orders,
        count(DISTINCT CASE WHEN status = 'open' THEN order_id END) AS open_orders,
        min(order_date) AS first_order,
        max(order_date) AS last_order,
        sum(net_price) AS net_revenue,
        count(*) AS order_lines,
        count(*) FILTER (WHERE returned) AS returned_lines,
        count(*) FILTER (WHERE late) AS late_lines
    FROM sales
    GROUP BY customer_id
),

markets AS (
    SELECT nation, market_segment, sum(net_revenue) AS net_revenue
    FROM input.revenue
    GROUP BY nation, market_segment
)

SELECT
    customers.customer_id,
    customers.name,
    customers.phone,
    customers.nation,
    customers.region,
    customers.market_segment,
    customers.account_balance,
    coalesce(by_customer.orders, 0) AS orders,
    coalesce(by_customer.open_orders, 0) AS open_orders,
    by_customer.first_order,
    by_customer.last_order,
    CAST(coalesce(by_customer.net_revenue, 0) AS DECIMAL(18, 2)) AS net_revenue,
    coalesce(by_customer.order_lines, 0) AS order_lines,
    coalesce(by_customer.returned_lines, 0) AS returned_lines,
    coalesce(by_customer.late_lines, 0) AS late_lines,
    CAST(coalesce(by_customer.net_revenue, 0) AS DOUBLE) / CAST(markets.net_revenue AS DOUBLE) AS market_share
FROM input.customers AS customers
LEFT JOIN by_customer ON customers.customer_id = by_customer.customer_id
LEFT JOIN markets ON customers.nation = markets.nation AND customers.market_segment = markets.market_segment

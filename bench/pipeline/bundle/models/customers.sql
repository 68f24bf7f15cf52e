WITH by_customer AS (
    SELECT
        customer_id,
        count(*) AS orders,
        min(order_date) AS first_order,
        max(order_date) AS last_order,
        sum(net_revenue) AS net_revenue
    FROM orders
    GROUP BY customer_id
)

SELECT
    customer.c_custkey AS customer_id,
    customer.c_name AS name,
    nation.n_name AS nation,
    customer.c_mktsegment AS segment,
    coalesce(by_customer.orders, 0) AS orders,
    by_customer.first_order AS first_order,
    by_customer.last_order AS last_order,
    CAST(coalesce(by_customer.net_revenue, 0) AS DECIMAL(18, 2)) AS net_revenue
FROM input.customer AS customer
INNER JOIN input.nation AS nation ON customer.c_nationkey = nation.n_nationkey
LEFT JOIN by_customer ON customer.c_custkey = by_customer.customer_id

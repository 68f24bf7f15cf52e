SELECT
    o_orderkey AS order_id,
    o_custkey AS customer_id,
    CASE o_orderstatus
        WHEN 'F' THEN 'shipped'
        WHEN 'P' THEN 'partly shipped'
        ELSE 'open'
    END AS status,
    o_orderdate AS order_date,
    o_orderpriority AS priority,
    o_clerk AS clerk,
    o_totalprice AS total_price
FROM input.orders

WITH by_supplier AS (
    SELECT
        supplier_id,
        count(*) AS lines,
        count(*) FILTER (WHERE late) AS late_lines,
        CAST(sum(net_price) AS DECIMAL(18, 2)) AS net_revenue
    FROM order_lines
    GROUP BY supplier_id
)

SELECT
    supplier.s_suppkey AS supplier_id,
    supplier.s_name AS name,
    by_supplier.lines AS lines,
    by_supplier.late_lines AS late_lines,
    by_supplier.net_revenue AS net_revenue
FROM input.supplier AS supplier
INNER JOIN by_supplier ON supplier.s_suppkey = by_supplier.supplier_id

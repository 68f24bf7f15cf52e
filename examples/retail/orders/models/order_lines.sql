SELECT
    l_orderkey AS order_id,
    CAST(l_linenumber AS BIGINT) AS line_number,
    l_partkey AS product_id,
    l_suppkey AS supplier_id,
    l_quantity AS quantity,
    l_extendedprice AS gross_price,
    l_discount AS discount_rate,
    l_tax AS tax_rate,
    CAST(l_extendedprice * (1 - l_discount) AS DECIMAL(15, 2)) AS net_price,
    CASE l_returnflag
        WHEN 'A' THEN 'accepted'
        WHEN 'R' THEN 'returned'
        ELSE 'not received'
    END AS return_status
FROM input.lineitem

SELECT
    l_orderkey AS order_id,
    CAST(l_linenumber AS BIGINT) AS line_number,
    l_partkey AS product_id,
    l_suppkey AS supplier_id,
    l_quantity AS quantity,
    l_shipmode AS ship_mode,
    l_shipinstruct AS instructions,
    l_shipdate AS ship_date,
    l_commitdate AS commit_date,
    l_receiptdate AS receipt_date,
    l_receiptdate - l_shipdate AS days_in_transit,
    CASE WHEN l_receiptdate > l_commitdate THEN l_receiptdate - l_commitdate ELSE 0 END AS days_late,
    l_receiptdate > l_commitdate AS late,
    l_returnflag = 'R' AS returned
FROM input.lineitem

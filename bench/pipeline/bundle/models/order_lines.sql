SELECT
    lines.l_orderkey AS order_id,
    CAST(lines.l_linenumber AS BIGINT) AS line_number,
    headers.o_custkey AS customer_id,
    lines.l_partkey AS part_id,
    lines.l_suppkey AS supplier_id,
    headers.o_orderdate AS order_date,
    lines.l_shipdate AS ship_date,
    lines.l_receiptdate > lines.l_commitdate AS late,
    lines.l_returnflag AS return_flag,
    lines.l_quantity AS quantity,
    lines.l_discount AS discount_rate,
    CAST(lines.l_extendedprice * (1 - lines.l_discount) AS DECIMAL(15, 2)) AS net_price
FROM input.lineitem AS lines
INNER JOIN input.orders AS headers ON lines.l_orderkey = headers.o_orderkey

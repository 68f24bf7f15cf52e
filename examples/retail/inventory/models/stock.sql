SELECT
    ps_partkey AS product_id,
    ps_suppkey AS supplier_id,
    CAST(ps_availqty AS BIGINT) AS available_quantity,
    ps_supplycost AS supply_cost
FROM input.partsupp

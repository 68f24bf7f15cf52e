-- A customer of an unknown nation is kept and fails the check of `nation`, instead of vanishing in a join.
SELECT
    customer.c_custkey AS customer_id,
    customer.c_name AS name,
    customer.c_address AS address,
    customer.c_phone AS phone,
    coalesce(nation.n_name, 'UNKNOWN') AS nation,
    coalesce(region.r_name, 'UNKNOWN') AS region,
    customer.c_mktsegment AS market_segment,
    customer.c_acctbal AS account_balance
FROM input.customer AS customer
LEFT JOIN input.nation AS nation ON customer.c_nationkey = nation.n_nationkey
LEFT JOIN input.region AS region ON nation.n_regionkey = region.r_regionkey

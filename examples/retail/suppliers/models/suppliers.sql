-- A supplier of an unknown nation is kept and fails the check of `nation`, instead of vanishing in a join.
SELECT
    supplier.s_suppkey AS supplier_id,
    supplier.s_name AS name,
    supplier.s_address AS address,
    supplier.s_phone AS phone,
    coalesce(nation.n_name, 'UNKNOWN') AS nation,
    coalesce(region.r_name, 'UNKNOWN') AS region,
    supplier.s_acctbal AS account_balance
FROM input.supplier AS supplier
LEFT JOIN input.nation AS nation ON supplier.s_nationkey = nation.n_nationkey
LEFT JOIN input.region AS region ON nation.n_regionkey = region.r_regionkey

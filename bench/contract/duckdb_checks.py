"""The checks of tpch.odcs.yaml as an expert writes them for DuckDB: one scan for all row rules of a table, a
grouping for each key, an anti-join for each reference. Prints a JSON object: check → whether it is met."""

import json

import duckdb

ORDERS = """
SELECT count(*) = 1500000 AS "orders-rows",
       count(o_orderkey) = count(*) AS "orders.o_orderkey.required",
       count(o_custkey) = count(*) AS "orders.o_custkey.required",
       count(o_totalprice) = count(*) AS "orders.o_totalprice.required",
       count(o_orderdate) = count(*) AS "orders.o_orderdate.required",
       count(*) FILTER (o_orderstatus NOT IN ('F', 'O')) = 0 AS "orders-status",
       coalesce(min(o_totalprice) >= 800, true) AS "orders.o_totalprice.range",
       count(*) FILTER (o_orderpriority NOT IN ('1-URGENT', '2-HIGH', '3-MEDIUM', '4-NOT SPECIFIED', '5-LOW')) = 0
           AS "orders-priority",
       count(*) FILTER (NOT regexp_matches(o_clerk, '^Clerk#[0-9]{9}$')) = 0 AS "orders.o_clerk.pattern",
       count(*) FILTER (o_orderstatus = 'O' AND o_orderdate < DATE '1995-02-16') = 0 AS "orders-open"
FROM 'sf1/orders.parquet'
"""

LINEITEM = """
SELECT count(*) BETWEEN 5900000 AND 6100000 AS "lineitem-rows",
       count(l_orderkey) = count(*) AS "lineitem.l_orderkey.required",
       count(l_partkey) = count(*) AS "lineitem.l_partkey.required",
       count(l_suppkey) = count(*) AS "lineitem.l_suppkey.required",
       count(l_linenumber) = count(*) AS "lineitem.l_linenumber.required",
       count(l_extendedprice) = count(*) AS "lineitem.l_extendedprice.required",
       coalesce(max(l_quantity) <= 50, true) AS "lineitem.l_quantity.range",
       coalesce(max(l_discount) <= 0.09, true) AS "lineitem.l_discount.range",
       coalesce(max(l_tax) <= 0.08, true) AS "lineitem.l_tax.range",
       count(*) FILTER (l_returnflag NOT IN ('A', 'N', 'R')) = 0 AS "lineitem-flag",
       count(*) FILTER (l_linestatus NOT IN ('F', 'O')) = 0 AS "lineitem-status",
       count(*) FILTER (l_shipmode NOT IN ('AIR', 'FOB', 'MAIL', 'RAIL', 'REG AIR', 'SHIP', 'TRUCK')) = 0
           AS "lineitem-mode",
       count(*) FILTER (l_receiptdate <= l_shipdate) = 0 AS "lineitem-received",
       count(*) FILTER (l_receiptdate > l_commitdate) < 3000000 AS "lineitem-on-time"
FROM 'sf1/lineitem.parquet'
"""

UNIQUE = {
    "orders.o_orderkey.unique": ("orders", "o_orderkey"),
    "lineitem.primary_key": ("lineitem", "l_orderkey, l_linenumber"),
    "customer.c_custkey.unique": ("customer", "c_custkey"),
    "part.p_partkey.unique": ("part", "p_partkey"),
    "supplier.s_suppkey.unique": ("supplier", "s_suppkey"),
    "partsupp-key": ("partsupp", "ps_partkey, ps_suppkey"),
}

REFERENCES = {
    "orders.o_custkey.reference": ("orders", "customer", "o_custkey = c_custkey"),
    "lineitem.l_orderkey.reference": ("lineitem", "orders", "l_orderkey = o_orderkey"),
    "lineitem.l_partkey.reference": ("lineitem", "part", "l_partkey = p_partkey"),
    "lineitem.l_suppkey.reference": ("lineitem", "supplier", "l_suppkey = s_suppkey"),
    "lineitem.reference": ("lineitem", "partsupp", "l_partkey = ps_partkey AND l_suppkey = ps_suppkey"),
}


def main():
    connection = duckdb.connect()
    verdicts = {}
    for query in (ORDERS, LINEITEM):
        result = connection.execute(query)
        verdicts |= dict(zip([column[0] for column in result.description], result.fetchone(), strict=True))

    def none(query: str) -> bool:
        return connection.execute(query).fetchone()[0] == 0

    for check, (table, key) in UNIQUE.items():
        groups = f"SELECT 1 FROM 'sf1/{table}.parquet' GROUP BY {key} HAVING count(*) > 1"
        verdicts[check] = none(f"SELECT count(*) FROM ({groups})")
    for check, (table, target, condition) in REFERENCES.items():
        verdicts[check] = none(
            f"SELECT count(*) FROM 'sf1/{table}.parquet' ANTI JOIN 'sf1/{target}.parquet' ON {condition}"
        )
    print(json.dumps(verdicts))


if __name__ == "__main__":
    main()

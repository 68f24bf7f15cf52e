WITH shipped AS (
    SELECT
        supplier_id,
        count(*) AS shipments,
        count(*) FILTER (WHERE late) AS late_shipments,
        avg(CAST(days_late AS DOUBLE)) FILTER (WHERE late) AS mean_days_late,
        avg(CAST(days_in_transit AS DOUBLE)) AS mean_days_in_transit,
        count(*) FILTER (WHERE returned) AS returned_shipments
    FROM input.shipments
    GROUP BY supplier_id
),

offered AS (
    SELECT
        supplier_id,
        count(*) AS parts,
        sum(available_quantity * supply_cost) AS stock_value
    FROM input.stock
    GROUP BY supplier_id
)

SELECT
    suppliers.supplier_id,
    suppliers.name,
    suppliers.nation,
    suppliers.region,
    coalesce(shipped.shipments, 0) AS shipments,
    coalesce(shipped.late_shipments, 0) AS late_shipments,
    CAST(shipped.late_shipments AS DOUBLE) / CAST(shipped.shipments AS DOUBLE) AS late_share,
    shipped.mean_days_late,
    shipped.mean_days_in_transit,
    coalesce(shipped.returned_shipments, 0) AS returned_shipments,
    coalesce(offered.parts, 0) AS parts_offered,
    CAST(coalesce(offered.stock_value, 0) AS DECIMAL(18, 2)) AS stock_value
FROM input.suppliers AS suppliers
LEFT JOIN shipped ON suppliers.supplier_id = shipped.supplier_id
LEFT JOIN offered ON suppliers.supplier_id = offered.supplier_id

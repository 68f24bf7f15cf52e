WITH offered AS (
    SELECT product_id, count(*) AS suppliers, sum(available_quantity) AS available_quantity
    FROM input.stock
    GROUP BY product_id
),

shipped AS (
    SELECT product_id, count(*) AS shipments, count(*) FILTER (WHERE late) AS late_shipments
    FROM input.shipments
    GROUP BY product_id
)

SELECT
    parts.product_id,
    parts.name,
    coalesce(offered.suppliers, 0) AS suppliers,
    coalesce(offered.available_quantity, 0) AS available_quantity,
    coalesce(shipped.shipments, 0) AS shipments,
    coalesce(shipped.late_shipments, 0) AS late_shipments,
    CAST(shipped.late_shipments AS DOUBLE) / CAST(shipped.shipments AS DOUBLE) AS late_share
FROM input.parts AS parts
LEFT JOIN offered ON parts.product_id = offered.product_id
LEFT JOIN shipped ON parts.product_id = shipped.product_id

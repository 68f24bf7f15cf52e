SELECT
    supplier_id,
    ship_mode,
    count(*) AS shipments,
    count(*) FILTER (WHERE late) AS late_shipments,
    CAST(count(*) FILTER (WHERE late) AS DOUBLE) / CAST(count(*) AS DOUBLE) AS late_share
FROM input.shipments
GROUP BY supplier_id, ship_mode

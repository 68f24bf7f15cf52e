SELECT
    p_partkey AS product_id,
    p_name AS name,
    p_mfgr AS manufacturer,
    p_brand AS brand,
    p_type AS type,
    CAST(p_size AS BIGINT) AS size,
    p_container AS container,
    p_retailprice AS retail_price
FROM input.part

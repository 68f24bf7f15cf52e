SELECT
    order_lines.product_id,
    order_lines.discount_rate,
    order_lines.quantity,
    order_lines.net_price,
    CAST(order_lines.quantity * stock.supply_cost AS DECIMAL(18, 2)) AS supply_cost
FROM input.order_lines AS order_lines
INNER JOIN input.stock AS stock
    ON order_lines.product_id = stock.product_id AND order_lines.supplier_id = stock.supplier_id

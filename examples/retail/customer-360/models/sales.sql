SELECT
    orders.customer_id,
    orders.order_id,
    orders.order_date,
    orders.status,
    order_lines.net_price,
    order_lines.return_status = 'returned' AS returned,
    coalesce(shipments.late, false) AS late
FROM input.orders AS orders
INNER JOIN input.order_lines AS order_lines ON orders.order_id = order_lines.order_id
LEFT JOIN input.shipments AS shipments
    ON order_lines.order_id = shipments.order_id AND order_lines.line_number = shipments.line_number

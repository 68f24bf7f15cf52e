WITH monthly AS (
    SELECT
        CAST(date_trunc('month', flight_date) AS DATE) AS month,
        carrier,
        origin,
        destination,
        count(*) AS flights,
        count(*) FILTER (WHERE status = 'cancelled') AS cancelled,
        count(*) FILTER (WHERE status = 'diverted') AS diverted,
        count(*) FILTER (WHERE status = 'flown') AS flown,
        count(*) FILTER (WHERE arrival_delay >= $delay_minutes) AS delayed,
        count(*) FILTER (WHERE arrival_delay < $delay_minutes) AS on_time,
        avg(CAST(departure_delay AS DOUBLE)) AS mean_departure_delay,
        avg(CAST(arrival_delay AS DOUBLE)) AS mean_arrival_delay,
        median(CAST(arrival_delay AS DOUBLE)) AS median_arrival_delay
    FROM input.flights
    GROUP BY 1, 2, 3, 4
)

SELECT
    monthly.month,
    monthly.carrier,
    coalesce(airlines.name, monthly.carrier) AS carrier_name,
    monthly.origin,
    monthly.destination,
    airports.name AS destination_name,
    monthly.flights,
    monthly.cancelled,
    monthly.diverted,
    monthly.flown,
    monthly.delayed,
    monthly.on_time,
    CAST(monthly.on_time AS DOUBLE) / CAST(monthly.flights AS DOUBLE) AS on_time_share,
    monthly.mean_departure_delay,
    monthly.mean_arrival_delay,
    monthly.median_arrival_delay
FROM monthly
LEFT JOIN input.airlines AS airlines ON monthly.carrier = airlines.carrier
LEFT JOIN input.airports AS airports ON monthly.destination = airports.airport

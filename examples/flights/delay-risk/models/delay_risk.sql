SELECT
    origin,
    destination,
    carrier,
    departure_hour,
    conditions,
    count(*) AS flights,
    count(*) FILTER (WHERE cancelled) AS cancelled,
    count(*) FILTER (WHERE departure_delay >= $delay_minutes) AS delayed,
    CAST(count(*) FILTER (WHERE cancelled) AS DOUBLE) / CAST(count(*) AS DOUBLE) AS cancelled_share,
    CAST(count(*) FILTER (WHERE departure_delay >= $delay_minutes) AS DOUBLE)
        / CAST(nullif(count(departure_delay), 0) AS DOUBLE) AS delayed_share,
    avg(CAST(departure_delay AS DOUBLE)) AS mean_departure_delay
FROM flights_in_weather
GROUP BY origin, destination, carrier, departure_hour, conditions
HAVING count(*) >= $minimum_flights

WITH by_aircraft AS (
    SELECT
        coalesce(tail_number, 'unknown') AS tail_number,
        carrier,
        count(*) AS flights,
        count(*) FILTER (WHERE status = 'flown') AS flown,
        count(*) FILTER (WHERE arrival_delay >= $delay_minutes) AS delayed,
        avg(CAST(arrival_delay AS DOUBLE)) AS mean_arrival_delay
    FROM input.flights
    GROUP BY 1, 2
)

SELECT
    by_aircraft.tail_number,
    by_aircraft.carrier,
    by_aircraft.flights,
    by_aircraft.flown,
    by_aircraft.delayed,
    by_aircraft.mean_arrival_delay,
    planes.tail_number IS NOT NULL AS in_register,
    planes.manufacturer,
    planes.model,
    planes.seats,
    planes.year_built
FROM by_aircraft
LEFT JOIN input.planes AS planes ON by_aircraft.tail_number = planes.tail_number

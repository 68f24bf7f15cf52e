-- `scheduled_departure` is the hour in UTC and the minute of the local clock: every offset of New York is whole hours.
SELECT
    make_date(year, month, day) AS flight_date,
    carrier,
    flight,
    origin,
    dest AS destination,
    tailnum AS tail_number,
    CASE
        WHEN dep_time IS NULL THEN 'cancelled'
        WHEN arr_delay IS NULL THEN 'diverted'
        ELSE 'flown'
    END AS status,
    time_hour + arrow_cast(minute * 60, 'Duration(Second)') AS scheduled_departure,
    time_hour + arrow_cast((minute + dep_delay) * 60, 'Duration(Second)') AS departure,
    dep_delay AS departure_delay,
    arr_delay AS arrival_delay,
    time_hour AS scheduled_hour,
    hour AS local_hour,
    lpad(CAST(sched_arr_time / 100 % 24 AS VARCHAR), 2, '0') || ':'
        || lpad(CAST(sched_arr_time % 100 AS VARCHAR), 2, '0') AS scheduled_arrival_clock,
    lpad(CAST(arr_time / 100 % 24 AS VARCHAR), 2, '0') || ':'
        || lpad(CAST(arr_time % 100 AS VARCHAR), 2, '0') AS arrival_clock,
    air_time AS air_minutes,
    distance AS distance_miles
FROM input.flights

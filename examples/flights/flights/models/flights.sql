-- `scheduled_departure` is the hour in UTC and the minute of the local clock: every offset of New York is whole hours.
WITH reported AS (
    SELECT *, CASE WHEN arr_time = 2400 THEN 0 ELSE arr_time END AS arrival
    FROM input.flights
)

SELECT
    CAST(CAST(year * 10000 + month * 100 + day AS VARCHAR) AS DATE) AS flight_date,
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
    CAST(sched_arr_time / 1000 AS VARCHAR) || CAST(sched_arr_time / 100 % 10 AS VARCHAR) || ':'
        || CAST(sched_arr_time / 10 % 10 AS VARCHAR) || CAST(sched_arr_time % 10 AS VARCHAR) AS scheduled_arrival_clock,
    CAST(arrival / 1000 AS VARCHAR) || CAST(arrival / 100 % 10 AS VARCHAR) || ':'
        || CAST(arrival / 10 % 10 AS VARCHAR) || CAST(arrival % 10 AS VARCHAR) AS arrival_clock,
    air_time AS air_minutes,
    distance AS distance_miles
FROM reported

-- Conditions in the order in which they hold flights up; the first that applies names the hour.
-- Below 3 miles visual flight is not allowed; 25 mph is Beaufort 6, "strong breeze".
SELECT
    flights.origin,
    flights.destination,
    flights.carrier,
    flights.local_hour AS departure_hour,
    CASE
        WHEN weather.origin IS NULL THEN 'unknown'
        WHEN weather.visibility_miles < 3 THEN 'low visibility'
        WHEN weather.precipitation_inches > 0 THEN 'rain or snow'
        WHEN weather.wind_speed_mph >= 25 THEN 'strong wind'
        ELSE 'fair'
    END AS conditions,
    flights.status = 'cancelled' AS cancelled,
    flights.departure_delay
FROM input.flights AS flights
LEFT JOIN input.weather AS weather
    ON flights.origin = weather.origin AND flights.scheduled_hour = weather.observed_at

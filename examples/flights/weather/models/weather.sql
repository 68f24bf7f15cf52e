SELECT
    origin,
    time_hour AS observed_at,
    hour AS local_hour,
    temp AS temperature_f,
    dewp AS dew_point_f,
    humid AS humidity_percent,
    wind_dir AS wind_direction_degrees,
    wind_speed AS wind_speed_mph,
    wind_gust AS wind_gust_mph,
    precip AS precipitation_inches,
    pressure AS pressure_millibars,
    visib AS visibility_miles
FROM input.weather

SELECT
    tailnum AS tail_number,
    year AS year_built,
    type,
    manufacturer,
    model,
    engines,
    seats,
    speed AS cruising_speed_mph,
    engine AS engine_type
FROM input.planes

SELECT
    faa AS airport,
    name,
    lat AS latitude,
    lon AS longitude,
    alt AS altitude_feet,
    tz AS utc_offset_hours,
    dst AS daylight_saving,
    tzone AS time_zone
FROM input.airports

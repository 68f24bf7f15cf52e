SELECT carrier, name
FROM input.airlines

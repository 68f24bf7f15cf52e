-- Requests for wrk, out of the environment: PATH_, BODY_ (empty for GET), HEADERS_ (a line each), ORDERS_. `{key}` is the
-- key of a random one of TPC-H's orders: eight of every 32 numbers are taken.
local path, body = os.getenv("PATH_"), os.getenv("BODY_")
local orders = tonumber(os.getenv("ORDERS_"))
local headers, threads = {}, 0

for name, value in os.getenv("HEADERS_"):gmatch("([^\n:]+): ([^\n]*)") do
  headers[name] = value
end

function setup(thread)
  threads = threads + 1
  thread:set("seed", threads)
end

local method = body == "" and "GET" or "POST"
local fixed = not (path .. body):find("{key}", 1, true)
local whole

function init()
  math.randomseed(os.time() * 8 + seed)
  if fixed then
    whole = wrk.format(method, path, headers, body ~= "" and body or nil)
  end
end

function request()
  if fixed then
    return whole
  end
  local number = math.random(1, orders)
  local key = string.format("%d", math.floor(number / 8) * 32 + number % 8)
  local asked = body ~= "" and body:gsub("{key}", key) or nil
  return wrk.format(method, (path:gsub("{key}", key)), headers, asked)
end

function done(summary, latency)
  local errors = summary.errors
  local failed = errors.connect + errors.read + errors.write + errors.status + errors.timeout
  io.write(string.format('{"requests":%d,"microseconds":%d,"p50":%d,"p99":%d,"errors":%d}\n',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99), failed))
end

-- Whether a lease is held: 1, 0, or 2 when Redis does not know it.
-- ARGV: fence, milliseconds held
local held = redis.call('HMGET', KEYS[1], 'until', 'fence')
if not held[2] then
  return 2
end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local left = tonumber(held[1]) - now -- more than leases have: the clock went back
if held[2] == ARGV[1] and left > 0 and left <= 2 * ARGV[2] then
  return 1
end
return 0

-- A lease: until (milliseconds) and fence. It is kept longer than it is held, for its fence. One that
-- is held for longer than leases are was given before the clock went back.
-- ARGV: milliseconds held, milliseconds kept
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local held = redis.call('HMGET', KEYS[1], 'until', 'fence')
local left = (tonumber(held[1]) or 0) - now
if left > 0 and left <= 2 * ARGV[1] then
  return {0, held[2]}
end
local fence = math.max(time[1] * 1000000 + time[2], (tonumber(held[2]) or 0) + 1)
local text = string.format('%.0f', fence)
redis.call('HSET', KEYS[1], 'until', string.format('%.0f', now + ARGV[1]), 'fence', text)
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return {1, text}

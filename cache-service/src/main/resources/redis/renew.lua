-- Prolongs a lease. One that is over and that nobody else took goes on; one that was given back
-- (until = 0) does not; one that Redis has lost is put back by its holder.
-- ARGV: milliseconds held, milliseconds kept, fence
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local held = redis.call('HMGET', KEYS[1], 'until', 'fence')
if held[2] and (held[2] ~= ARGV[3] or held[1] == '0') then
  return 0
end
redis.call('HSET', KEYS[1], 'until', string.format('%.0f', now + ARGV[1]), 'fence', ARGV[3])
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return 1

-- Gives a lease back. Its fence stays for a while, so that what comes late is known for late.
-- ARGV: milliseconds kept, fence
local held = redis.call('HMGET', KEYS[1], 'until', 'fence')
if held[2] ~= ARGV[2] or held[1] == '0' then
  return 0
end
redis.call('HSET', KEYS[1], 'until', '0')
redis.call('PEXPIRE', KEYS[1], ARGV[1])
return 1

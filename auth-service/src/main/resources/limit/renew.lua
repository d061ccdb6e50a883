-- Says that the request behind a reservation is still running. ARGV: reservation. Answers 1, or 0
-- when there is nothing to prolong.
local key = prefix .. ':reservation:' .. ARGV[1]
local held = redis.call('HMGET', key, 'state', 'lease')
if held[1] ~= 'open' then
  return 0
end
redis.call('ZADD', deadlines, 'XX', div(now, 1000) + tonumber(held[2]), ARGV[1])
redis.call('PEXPIRE', key, tonumber(held[2]) + 86400000)
return 1

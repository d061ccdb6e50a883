-- Returns what was reserved by requests that nobody settled or prolonged in time. ARGV: how many at
-- most. Answers how many were.
born()
local late = redis.call('ZRANGEBYSCORE', deadlines, '-inf', div(now, 1000), 'LIMIT', 0, ARGV[1])
for _, id in ipairs(late) do
  local key = prefix .. ':reservation:' .. id
  if redis.call('HGET', key, 'state') == 'open' then
    close(key, 0, 0)
    redis.call('HSET', key, 'state', 'released')
    redis.call('EXPIRE', key, 86400)
  end
  redis.call('ZREM', deadlines, id)
end
return #late

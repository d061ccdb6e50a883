-- Takes the later time of each purge; counts the changes in the field 'revision'.
-- ARGV: purges of keys and models before this are forgotten, then pairs of purge and milliseconds
local changed = false
for i = 2, #ARGV, 2 do
  local known = redis.call('HGET', KEYS[1], ARGV[i])
  if not known or tonumber(known) < tonumber(ARGV[i + 1]) then
    redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1])
    changed = true
  end
end
if changed or redis.call('HEXISTS', KEYS[1], 'revision') == 0 then
  local all = redis.call('HGETALL', KEYS[1])
  for i = 1, #all, 2 do
    local kind = string.sub(all[i], 1, 2)
    if (kind == 'k:' or kind == 'm:') and tonumber(all[i + 1]) < tonumber(ARGV[1]) then
      redis.call('HDEL', KEYS[1], all[i])
    end
  end
  return redis.call('HINCRBY', KEYS[1], 'revision', 1)
end
return tonumber(redis.call('HGET', KEYS[1], 'revision'))

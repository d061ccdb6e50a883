-- Adds what a replica saw of each source, and answers whose sum is beyond the limit and was not told
-- lately. KEYS[1]: prefix of all keys. ARGV: limit, seconds of a slot, slots of a minute, seconds of
-- quiet, most sources of a slot, then source, requests, ... Answers source, sum, ...
local prefix = KEYS[1]
local limit, length, slots = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local quiet, most = tonumber(ARGV[4]), tonumber(ARGV[5])
local now = math.floor(tonumber(redis.call('TIME')[1]) / length)
local key = prefix .. ':' .. now
local answer = {}
for i = 6, #ARGV, 2 do
  local source = ARGV[i]
  local sum = tonumber(redis.call('ZINCRBY', key, ARGV[i + 1], source))
  for slot = now - slots + 1, now - 1 do
    sum = sum + tonumber(redis.call('ZSCORE', prefix .. ':' .. slot, source) or '0')
  end
  if sum > limit and redis.call('SET', prefix .. ':told:' .. source, 1, 'NX', 'EX', quiet) then
    table.insert(answer, source)
    table.insert(answer, sum)
  end
end
local over = redis.call('ZCARD', key) - most
if over > 0 then
  redis.call('ZREMRANGEBYRANK', key, 0, over - 1)
end
redis.call('EXPIRE', key, length * (slots + 1))
return answer

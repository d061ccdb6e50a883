-- Ends a reservation with what was really used. ARGV: reservation, tokens, money, then the names of
-- its bounds, for one that is not known here: made by a replica alone while Redis was away, or lost
-- with Redis's memory. Answers 1, or 0 when it was settled before.
local id, tokens, money = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local key = prefix .. ':reservation:' .. id
local state = redis.call('HGET', key, 'state')
if state == 'settled' then
  return 0
end
redis.call('ZREM', deadlines, id)
if state == 'open' then
  close(key, tokens, money)
elseif state == 'released' then -- it came after the sweep
  for minute in lines(redis.call('HGET', key, 'minute')) do
    minute_sum(minute)
    minute_add(minute, second, tokens)
  end
  for budget in lines(redis.call('HGET', key, 'budgets')) do
    budget_add(budget, tokens, money)
  end
else
  for i = 4, #ARGV do
    for _, budget in ipairs({ budget_keys(ARGV[i]) }) do
      budget_add(budget, tokens, money)
    end
  end
end
-- What is left says for ten minutes that it was settled, to a caller that tries again.
redis.call('DEL', key)
redis.call('HSET', key, 'state', 'settled')
redis.call('EXPIRE', key, 600)
return 1

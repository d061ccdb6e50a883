-- Ends a reservation with what was really used. ARGV: reservation, tokens, money, the reservation's
-- age in seconds when this was told, the age from which one that is not known here was settled long
-- ago, how many seconds it is kept that this one was, who tells this; then the names of its bounds:
-- for one that is not known here, made by a replica alone while Redis was away or lost with Redis's
-- memory, and for budgets that are kept and were not asked, because they had no limit then. Answers
-- 1, or 0 when another settled it before.
local id, tokens, money = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local age, remembered, kept = tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6])
local key = prefix .. ':reservation:' .. id
local state = redis.call('HGET', key, 'state')
if state == 'settled' then
  return redis.call('HGET', key, 'teller') == ARGV[7] and 1 or 0 -- the answer may have been lost
end
if not state and age >= remembered and second - born() >= remembered then
  return 0
end
redis.call('ZREM', deadlines, id)
local charged = {}
local day = second -- whose budgets it is
if state then
  local held = redis.call('HMGET', key, 'budgets', 'second')
  for budget in lines(held[1]) do
    charged[budget] = true
  end
  day = tonumber(held[2])
end
if state == 'open' then
  close(key, tokens, money)
elseif state == 'released' then -- it came after the sweep
  for minute in lines(redis.call('HGET', key, 'minute')) do
    minute_sum(minute)
    minute_add(minute, second, tokens)
  end
  for budget in pairs(charged) do
    budget_add(budget, tokens, money)
  end
end
for i = 8, #ARGV do
  for _, budget in ipairs({ budget_keys(ARGV[i], day) }) do
    if not charged[budget] then
      budget_add(budget, tokens, money)
    end
  end
end
-- What is left says to a caller that tries again that it was settled.
redis.call('DEL', key)
redis.call('HSET', key, 'state', 'settled', 'teller', ARGV[7])
redis.call('EXPIRE', key, kept)
return 1

-- The beginning of every script here. All keys begin with KEYS[1], whose hash tag keeps them on one
-- node of a cluster: one request touches the counters of the platform, a tenant, a user and a key,
-- and only what lies together can be decided together. Numbers are whole and below 2^53, where
-- Lua's doubles are exact.
local prefix = KEYS[1]
local clock = redis.call('TIME')
local second = tonumber(clock[1])
local now = second * 1000000 + tonumber(clock[2]) -- microseconds
local deadlines = prefix .. ':deadlines' -- reservation -> millisecond after which it is returned

local function div(a, b) -- whole division, exact where a / b is not
  return (a - math.fmod(a, b)) / b
end

-- Days since 1970 and months since the year 0 of a second, in UTC (H. Hinnant, civil_from_days).
local function calendar(at)
  local day = div(at, 86400)
  local shifted = day + 719468
  local era = div(shifted, 146097)
  local day_of_era = shifted - era * 146097
  local year_of_era = div(
    day_of_era - div(day_of_era, 1460) + div(day_of_era, 36524) - div(day_of_era, 146096), 365)
  local day_of_year = day_of_era - (365 * year_of_era + div(year_of_era, 4) - div(year_of_era, 100))
  local march = div(5 * day_of_year + 2, 153)
  local month = march < 10 and march + 3 or march - 9
  local year = year_of_era + era * 400 + (month <= 2 and 1 or 0)
  return day, year * 12 + month - 1
end

local function budget_keys(name, at)
  local day, month = calendar(at)
  return prefix .. ':day:' .. day .. ':' .. name, prefix .. ':month:' .. month .. ':' .. name
end

-- Tokens of the last minute are counted by second: a hash of second -> tokens, with their sum and
-- the oldest second that may be in it. Sixty whole seconds and the running one count. The clock may
-- go back: it is set, or another Redis takes over whose clock is behind.
local function minute_sum(key)
  local fields = redis.call('HMGET', key, 'sum', 'oldest')
  if not fields[1] then
    return 0, second
  end
  local sum, oldest = tonumber(fields[1]), tonumber(fields[2])
  if oldest > second + 60 then -- of a minute that is yet to come
    redis.call('DEL', key)
    return 0, second
  end
  local kept = oldest
  while kept < second - 60 do
    local tokens = redis.call('HGET', key, kept)
    if tokens then
      sum = sum - tonumber(tokens)
      redis.call('HDEL', key, kept)
    end
    kept = kept + 1
  end
  if kept > oldest then
    redis.call('HSET', key, 'sum', sum, 'oldest', kept)
  end
  return sum, kept
end

local function minute_add(key, slot, tokens)
  local oldest = tonumber(redis.call('HGET', key, 'oldest'))
  if not oldest then
    redis.call('HSET', key, 'sum', 0, 'oldest', slot)
  elseif slot < oldest then
    redis.call('HSET', key, 'oldest', slot)
  end
  redis.call('HINCRBY', key, slot, tokens)
  redis.call('HINCRBY', key, 'sum', tokens)
  redis.call('EXPIRE', key, 62)
end

-- Budgets are only moved where they are being kept: an absent one is read from the book when it is
-- asked for next.
local function budget_add(key, tokens, money)
  if redis.call('EXISTS', key) == 1 then
    redis.call('HINCRBY', key, 'tokens', tokens)
    redis.call('HINCRBY', key, 'money', money)
  end
end

-- The second since when this memory is kept: what is older may have been lost with another.
local function born()
  redis.call('SET', prefix .. ':born', second, 'NX')
  return tonumber(redis.call('GET', prefix .. ':born'))
end

local function lines(text)
  return string.gmatch(text, '[^\n]+')
end

-- Ends a reservation that is open: what was reserved goes back, what was used stays.
local function close(key, tokens, money)
  local held = redis.call('HMGET', key, 'live', 'minute', 'budgets', 'second', 'tokens', 'money')
  local slot, reserved, reserved_money = tonumber(held[4]), tonumber(held[5]), tonumber(held[6])
  for live in lines(held[1]) do
    if tonumber(redis.call('GET', live) or '0') > 0 then
      redis.call('DECR', live)
    end
  end
  for minute in lines(held[2]) do
    minute_sum(minute)
    if redis.call('HEXISTS', minute, slot) == 1 then
      minute_add(minute, slot, tokens - reserved)
    end
  end
  for budget in lines(held[3]) do
    budget_add(budget, tokens - reserved, money - reserved_money)
  end
end

-- Decides whether a request passes every limit of every bound, and if it does, takes all of it.
-- ARGV: reservation, prompt tokens, most completion tokens, price of the prompt, price of a million
-- completion tokens, lease in ms, 1 when tokens and a place are to be held, number of bounds; then
-- for each bound its name and seven limits in the order of Measure, -1 for none.
-- Answers {1, granted completion tokens, quota} | {0, bound, measure, limit, wait in us, quota},
-- where a wait of -1 is for ever,
-- | {2, day, month, bound, 0 for the day or 1 for the month, ...}: these budgets have to be seeded.
-- quota: limit, remaining, us until all is free again at the latest; of the requests of a second,
-- then of the tokens of a minute, each where least is left; -1 for no limit.
local id, prompt, granted = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local prompt_money, price = tonumber(ARGV[4]), tonumber(ARGV[5])
local lease, hold, count = tonumber(ARGV[6]), ARGV[7] == '1', tonumber(ARGV[8])
local REQUESTS, MINUTE, LIVE, DAY, MONTH, DAY_MONEY, MONTH_MONEY = 0, 1, 2, 3, 4, 5, 6
local asked = granted
local wanted = prompt + asked

local function name(bound)
  return ARGV[9 + (bound - 1) * 8]
end

local function limit(bound, measure)
  local value = tonumber(ARGV[10 + (bound - 1) * 8 + measure])
  return value >= 0 and value or nil
end

local function money(tokens)
  local exact = tokens * price
  return div(exact, 1000000) + (math.fmod(exact, 1000000) > 0 and 1 or 0)
end

local too_fast -- the refusal that has to be waited for longest
local function refuse(bound, measure, most, wait)
  if not too_fast or wait < 0 or (too_fast[4] >= 0 and wait > too_fast[4]) then
    too_fast = { bound, measure, most, wait }
  end
end

local spent -- the first budget that is exhausted
local function spend(bound, measure, most, used, of_prompt, affordable)
  local left = most - used - of_prompt
  local can = left < 0 and -1 or affordable(left)
  if can < 0 or (asked > 0 and can < 1) then
    spent = spent or { bound, measure, most, 0 }
  elseif can < granted then
    granted = can
  end
end

local function tokens_for(left)
  return left
end

local function tokens_for_money(left)
  if left >= money(asked) then
    return asked
  end
  return div(left * 1000000, price)
end

-- First everything is asked, then everything is taken.
local requests = { -1, -1, -1 }
local tokens = { -1, -1, -1 }
local unseeded = {}
local budgets = {}
for bound = 1, count do
  local most = limit(bound, REQUESTS)
  if most then
    local key = prefix .. ':requests:' .. name(bound)
    local oldest = redis.call('LINDEX', key, -1)
    while oldest and math.abs(now - tonumber(oldest)) >= 1000000 do -- over, or the clock went back
      redis.call('RPOP', key)
      oldest = redis.call('LINDEX', key, -1)
    end
    local used = redis.call('LLEN', key)
    if most == 0 then
      refuse(bound, REQUESTS, most, -1)
    elseif used >= most then
      local first = tonumber(redis.call('LINDEX', key, -(used - most + 1)))
      refuse(bound, REQUESTS, most, first + 1000000 - now)
    end
    local left = math.max(most - used, 0)
    if requests[1] < 0 or left < requests[2] then
      local newest = redis.call('LINDEX', key, 0)
      requests = { most, left, newest and tonumber(newest) + 1000000 - now or 0 }
    end
  end
  if hold then
    most = limit(bound, LIVE)
    if most and tonumber(redis.call('GET', prefix .. ':live:' .. name(bound)) or '0') >= most then
      refuse(bound, LIVE, most, 1000000)
    end
    most = limit(bound, MINUTE)
    if most then
      local key = prefix .. ':minute:' .. name(bound)
      local sum, oldest = minute_sum(key)
      if wanted > most then
        refuse(bound, MINUTE, most, -1)
      elseif sum + wanted > most then
        local rest, slot = sum, oldest
        while rest + wanted > most and slot <= second + 60 do
          rest = rest - tonumber(redis.call('HGET', key, slot) or '0')
          slot = slot + 1
        end
        refuse(bound, MINUTE, most, (slot + 60) * 1000000 - now)
      end
      local left = math.max(most - sum, 0)
      if tokens[1] < 0 or left < tokens[2] then
        tokens = { most, left, sum > 0 and (second + 61) * 1000000 - now or 0 }
      end
    end
    local day_key, month_key = budget_keys(name(bound), second)
    for period, key in ipairs({ day_key, month_key }) do
      local most_tokens = limit(bound, period == 1 and DAY or MONTH)
      local most_money = limit(bound, period == 1 and DAY_MONEY or MONTH_MONEY)
      if most_tokens or most_money then
        local used = redis.call('HMGET', key, 'tokens', 'money')
        if not used[1] then
          table.insert(unseeded, bound)
          table.insert(unseeded, period - 1)
        else
          table.insert(budgets, key)
          if most_tokens then
            local measure = period == 1 and DAY or MONTH
            spend(bound, measure, most_tokens, tonumber(used[1]), prompt, tokens_for)
          end
          if most_money then
            local measure = period == 1 and DAY_MONEY or MONTH_MONEY
            spend(bound, measure, most_money, tonumber(used[2]), prompt_money, tokens_for_money)
          end
        end
      end
    end
  end
end

if #unseeded > 0 then
  local day, month = calendar(second)
  return { 2, day, month, unpack(unseeded) }
end
local refused = spent or too_fast
if refused then
  return { 0, refused[1], refused[2], refused[3], refused[4],
    requests[1], requests[2], requests[3], tokens[1], tokens[2], tokens[3] }
end

local live, minutes = {}, {}
for bound = 1, count do
  if limit(bound, REQUESTS) then
    local key = prefix .. ':requests:' .. name(bound)
    redis.call('LPUSH', key, string.format('%.0f', now))
    redis.call('PEXPIRE', key, 2000)
  end
  if hold then
    if limit(bound, LIVE) then
      local key = prefix .. ':live:' .. name(bound)
      redis.call('INCR', key)
      table.insert(live, key)
    end
    if limit(bound, MINUTE) then
      local key = prefix .. ':minute:' .. name(bound)
      minute_add(key, second, prompt + granted)
      table.insert(minutes, key)
    end
  end
end
if hold then
  local total, total_money = prompt + granted, prompt_money + money(granted)
  for _, key in ipairs(budgets) do
    budget_add(key, total, total_money)
  end
  local key = prefix .. ':reservation:' .. id
  redis.call('HSET', key, 'state', 'open', 'second', second, 'tokens', total, 'money', total_money,
    'live', table.concat(live, '\n'), 'minute', table.concat(minutes, '\n'),
    'budgets', table.concat(budgets, '\n'), 'lease', lease)
  redis.call('PEXPIRE', key, lease + 86400000)
  redis.call('ZADD', deadlines, div(now, 1000) + lease, id)
end
local function after(quota, size, wait) -- what is told is what is left when this is taken
  return quota[1], quota[1] < 0 and -1 or quota[2] - size, quota[1] < 0 and -1 or wait
end
local requests_limit, requests_left, requests_wait = after(requests, 1, 1000000)
return { 1, granted, requests_limit, requests_left, requests_wait,
  after(tokens, hold and prompt + granted or 0, (second + 61) * 1000000 - now) }

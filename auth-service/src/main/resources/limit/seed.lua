-- Begins to keep a budget, from what the book says was used of it. ARGV: day or month, its number,
-- the bound's name, tokens, money. The first to say so is believed.
local key = prefix .. ':' .. ARGV[1] .. ':' .. ARGV[2] .. ':' .. ARGV[3]
if redis.call('EXISTS', key) == 0 then
  redis.call('HSET', key, 'tokens', ARGV[4], 'money', ARGV[5])
  redis.call('EXPIRE', key, ARGV[1] == 'day' and 172800 or 3456000)
  return 1
end
return 0

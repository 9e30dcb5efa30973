-- Finds what is kept, or gives the right to keep what the caller reads next.
-- KEYS: the epoch, the servers by their last ticks, the item. ARGV: how long a server is believed, how old an epoch must
-- be, how long the item is good, all in microseconds; a token; how long the right to keep lasts, in milliseconds.
-- Returns nothing, the right's name, or the age and the body of what is kept.
local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]
local epoch = redis.call('HMGET', KEYS[1], 'name', 'born')
if not epoch[1] or now - epoch[2] < tonumber(ARGV[2]) then return {} end
-- Every server must have ticked lately: one that is silent may change what it cannot say.
local silent = redis.call('ZRANGE', KEYS[2], 0, 0, 'WITHSCORES')
if not silent[2] or now - silent[2] > tonumber(ARGV[1]) then return {} end

local held = redis.call('GET', KEYS[3])
local is_ours = held and string.sub(held, 1, 16) == epoch[1]
if is_ours and string.sub(held, 17, 17) == '=' then
  local age = now - string.sub(held, 18, 33)
  if age >= 0 and age < tonumber(ARGV[3]) then
    return { string.format('%.0f', age), string.sub(held, 34) }
  end
elseif is_ours then
  return {}
end
local right = epoch[1] .. '?' .. string.format('%016.0f', now) .. ARGV[4]
redis.call('SET', KEYS[3], right, 'PX', ARGV[5])
return { right }

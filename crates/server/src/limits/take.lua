-- Counts one request in every window; where one is full, in none.
-- KEYS: the windows, each a list of times in microseconds, oldest first. ARGV: of each its quota and its length.
-- Returns whether it counts, its time, and of each window how many it has and when the oldest leaves it.
local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]
local is_admitted = 1

for i, key in ipairs(KEYS) do
  local left = now - ARGV[2 * i]
  while tonumber(redis.call('LINDEX', key, 127) or now) <= left do redis.call('LPOP', key, 128) end
  while tonumber(redis.call('LINDEX', key, 0) or now) <= left do redis.call('LPOP', key) end
  if redis.call('LLEN', key) >= tonumber(ARGV[2 * i - 1]) then is_admitted = 0 end
end

local answer = { is_admitted, now }
for i, key in ipairs(KEYS) do
  if is_admitted == 1 then
    redis.call('RPUSH', key, string.format('%.0f', now))
    redis.call('PEXPIRE', key, ARGV[2 * i] / 1000)
  end
  answer[2 * i + 1] = redis.call('LLEN', key)
  answer[2 * i + 2] = tonumber(redis.call('LINDEX', key, 0) or now) + ARGV[2 * i] - now
end
return answer

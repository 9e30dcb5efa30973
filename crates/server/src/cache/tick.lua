-- Says that a server is there, and that it has forgotten in Redis whatever it changed.
-- KEYS: the epoch, the servers by their last ticks, the count of revocations. ARGV: this server, the time of its tick
-- before (0: none), a name for a new epoch, how old that tick may be, how long a server is believed, and how long a
-- silent one is remembered; in microseconds.
-- Returns the time, how many servers there are, and the count of revocations.
local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]
local is_known = redis.call('EXISTS', KEYS[1]) == 1 and redis.call('ZSCORE', KEYS[2], ARGV[1])

if is_known and now - ARGV[2] <= tonumber(ARGV[4]) then
  redis.call('ZADD', KEYS[2], now, ARGV[1])
else
  -- It may have changed what it could not say: nothing that was kept until now is believed any more. It is believed
  -- itself from its next tick on, so that a command which Redis finds late believes nobody.
  redis.call('HSET', KEYS[1], 'name', ARGV[3], 'born', string.format('%.0f', now))
  redis.call('ZADD', KEYS[2], now - ARGV[5] - 1, ARGV[1])
end
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now - ARGV[6])
return { now, redis.call('ZCARD', KEYS[2]), tonumber(redis.call('GET', KEYS[3]) or 0) }

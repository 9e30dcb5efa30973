-- Keeps an item, if nobody has forgotten it since the right to keep it was given.
-- KEYS: the item. ARGV: the right's name, what to keep, for how many milliseconds.
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
return 1

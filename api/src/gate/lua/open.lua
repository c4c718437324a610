-- Opens a session: clears the expired ones away, and the ones unused longest if there are too many.
--
-- KEYS  1: the person's sessions.
-- ARGV  1: now; 2: the session's id; 3: its record; 4: when it expires; 5: how many there may be; 6: slack (ms).
local now = tonumber(ARGV[1])
local last = tonumber(ARGV[4])

local open = {}
local fields = redis.call('HGETALL', KEYS[1])
for i = 1, #fields, 2 do
  local sid = fields[i]
  local _, expires, used = string.match(fields[i + 1], '^(%d+)|(%d+)|(%d+)|')
  if tonumber(expires) <= now then
    redis.call('HDEL', KEYS[1], sid)
  elseif sid ~= ARGV[2] then
    open[#open + 1] = { sid = sid, used = tonumber(used) }
    last = math.max(last, tonumber(expires))
  end
end
table.sort(open, function(a, b)
  if a.used == b.used then
    return a.sid < b.sid
  end
  return a.used < b.used
end)
for i = 1, #open + 1 - tonumber(ARGV[5]) do
  redis.call('HDEL', KEYS[1], open[i].sid)
end

redis.call('HSET', KEYS[1], ARGV[2], ARGV[3])
local ttl = math.max(math.ceil((last - now) / 1000), 0) + tonumber(ARGV[6])
redis.call('PEXPIRE', KEYS[1], string.format('%.0f', ttl))
return 1
